/* SPDX-License-Identifier: MIT */
/* The tables of misuses: misuse.c has those of blocks under the guard in all
 * its modes, misuseof.c those that other allocators tell by themselves. */
#ifndef MISUSE_H
#define MISUSE_H

/* How many checks does the second make? And make them. */
unsigned misuse_of_count(void);
void misuse_of(void);

#endif /* MISUSE_H */
