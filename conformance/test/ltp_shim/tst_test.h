// SPDX-License-Identifier: GPL-2.0-only
// As much of LTP's interface as a repro program uses, with LTP's statuses: 1 failed, 32 skipped.
#ifndef TST_TEST_H
#define TST_TEST_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TPASS = 0, TFAIL = 1, TCONF = 32 };

struct tst_test {
  void (*setup)(void);
  void (*test_all)(void);
  int needs_root;
};
static struct tst_test test;
static int tst_status;

__attribute__((format(printf, 2, 3))) static inline void tst_res(int result, const char* format,
                                                                 ...) {
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  puts("");
  tst_status |= result;
}

#define tst_brk(result, ...)      \
  do {                            \
    tst_res(result, __VA_ARGS__); \
    exit(tst_status);             \
  } while (0)

int main(void) {
  if (test.needs_root && geteuid() != 0) tst_brk(TCONF, "needs root");
  test.setup();
  test.test_all();
  return tst_status;
}
#endif
