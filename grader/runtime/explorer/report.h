/* report.h - the result, for a person in one line and for programs as JSON. */
#ifndef HBX_REPORT_H
#define HBX_REPORT_H

/* Print what was found, as the options say. */
void report(void);

#endif
