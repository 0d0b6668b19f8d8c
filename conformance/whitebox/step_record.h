/* SPDX-License-Identifier: GPL-2.0-only */
/* What the step tracer tells of one event. */
#ifndef SOCKORACLE_STEP_RECORD_H
#define SOCKORACLE_STEP_RECORD_H

enum step_kind {
  step_enter = 1, /* the call begins: object = number of the system call */
  step_exit,      /* and ends: result */
  step_alloc,     /* object, call_site, result = bytes asked for; from a cache or by size */
  step_free,      /* object, call_site */
  step_capable,   /* result; a = capability */
  step_module,    /* a module is asked for */
};

struct step_settings {
  int tid;              /* whose calls, in the initial PID namespace */
  unsigned int syscall; /* the number of socket() or what stands for it */
};

struct step_event {
  unsigned int kind;
  int result;
  unsigned long long object, call_site;
  int a;
  unsigned int outside; /* 1: after the call, perhaps by somebody else */
};

#endif
