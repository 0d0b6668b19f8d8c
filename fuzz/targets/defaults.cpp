// SPDX-License-Identifier: GPL-2.0-only
// Sanitizer options of every target, under those of the environment. One input's objects live for
// microseconds: a short quarantine sees their use after free as well as a long one, and is faster.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "quarantine_size_mb=8:thread_local_quarantine_size_kb=256:malloc_context_size=8:"
         "detect_stack_use_after_return=0";
}

extern "C" const char* __ubsan_default_options();
extern "C" const char* __ubsan_default_options() { return "print_stacktrace=1"; }
