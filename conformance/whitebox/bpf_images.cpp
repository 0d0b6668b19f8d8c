// SPDX-License-Identifier: GPL-2.0-only
// The compiled BPF programs, inside this program. The build names the files.
#include "conformance/whitebox/bpf_object.h"

#define SOCKORACLE_IMAGE(name, path)                                     \
  asm(".section .rodata\n"                                               \
      ".balign 16\n"                                                     \
      "sockoracle_bpf_" #name "_begin:\n"                                \
      ".incbin \"" path "\"\n"                                           \
      "sockoracle_bpf_" #name "_end:\n"                                  \
      ".byte 0\n"                                                        \
      ".globl sockoracle_bpf_" #name "_begin\n"                          \
      ".globl sockoracle_bpf_" #name "_end\n"                            \
      ".text\n");                                                        \
  extern "C" const unsigned char sockoracle_bpf_##name##_begin[];        \
  extern "C" const unsigned char sockoracle_bpf_##name##_end[];          \
  namespace sockoracle {                                                 \
  std::span<const unsigned char> name##_image() {                        \
    return {sockoracle_bpf_##name##_begin, sockoracle_bpf_##name##_end}; \
  }                                                                      \
  }

SOCKORACLE_IMAGE(cgroup, SOCKORACLE_BPF_FOLDER "/cgroup.bpf.o")
SOCKORACLE_IMAGE(steps, SOCKORACLE_BPF_FOLDER "/steps.bpf.o")
SOCKORACLE_IMAGE(sockets, SOCKORACLE_BPF_FOLDER "/sockets.bpf.o")
SOCKORACLE_IMAGE(tasks, SOCKORACLE_BPF_FOLDER "/tasks.bpf.o")
