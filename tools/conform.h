/* SPDX-License-Identifier: MIT */
/* alcove conform [--list | --seed N] [NAME...] */
#ifndef CONFORM_H
#define CONFORM_H

/* The arguments after "conform". Returns the exit status. */
int conform(int number, char **arguments);

#endif /* CONFORM_H */
