/* SPDX-License-Identifier: MIT */
/* What the writers of events share. */
#ifndef ALCOVE_LIB_ADAPT_TRACEWRITER_H
#define ALCOVE_LIB_ADAPT_TRACEWRITER_H

#include <alcove/trace.h>

/* Write all of `text`, unless a write has failed before. */
void alcove_tracewriter_put(struct alcove_trace_writer *w, const char *text,
                            size_t size);

/* For massif: begin, count an event, and write all. */
void alcove_tracemassif_init(struct alcove_trace_writer *w);
void alcove_tracemassif_count(struct alcove_trace_writer *w,
                              const struct alcove_trace_event *e);
void alcove_tracemassif_write(struct alcove_trace_writer *w);

#endif /* ALCOVE_LIB_ADAPT_TRACEWRITER_H */
