// SPDX-License-Identifier: GPL-2.0-only
// The static probe, inside this program: one file to copy, and nothing to find at run time.
#include "conformance/client/probe_client.h"

// SOCKORACLE_PROBE_IMAGE is the path of the built probe, set by the build.
asm(".section .rodata\n"
    ".balign 16\n"
    "sockoracle_probe_image_begin:\n"
    ".incbin \"" SOCKORACLE_PROBE_IMAGE "\"\n"
    "sockoracle_probe_image_end:\n"
    ".byte 0\n"
    ".globl sockoracle_probe_image_begin\n"
    ".globl sockoracle_probe_image_end\n"
    ".text\n");

extern "C" const unsigned char sockoracle_probe_image_begin[];
extern "C" const unsigned char sockoracle_probe_image_end[];

namespace sockoracle {

std::span<const unsigned char> probe_image() {
  return {sockoracle_probe_image_begin, sockoracle_probe_image_end};
}

}  // namespace sockoracle
