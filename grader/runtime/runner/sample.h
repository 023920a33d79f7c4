/* sample.h - where a running thread is: it is asked by SIGNAL_SAMPLE. */
#ifndef HB_SAMPLE_H
#define HB_SAMPLE_H

/* Note for whoever asked where the calling thread stood when the signal came. context: the signal
 * handler's third argument. Async-signal-safe. */
void roster_take_sample(const void *context);

#endif
