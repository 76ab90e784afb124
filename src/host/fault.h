/* host/fault.h: what went wrong while something was set up, for a person.
 *
 * A code for the program and one line that names the thing (path, address, key)
 * and says what to do about it.  Used where the environment or the user is at
 * fault: start, reload, files.  No heap; a longer text is cut. */
#ifndef HF_HOST_FAULT_H
#define HF_HOST_FAULT_H

#include "base/err.h"

enum { HF_FAULT_TEXT_BYTES = 768 };

struct hf_fault {
    int err; /* 0 while nothing went wrong */
    char text[HF_FAULT_TEXT_BYTES];
};

/* Sets the fault, whatever it said before, and returns `err`. */
__attribute__((format(printf, 3, 4))) int hf_fault_set(struct hf_fault *f, int err,
                                                       const char *format, ...);

/* The code for a system error number (errno). */
int hf_fault_code(int number);

#endif
