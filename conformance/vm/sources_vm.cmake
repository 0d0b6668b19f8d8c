# SPDX-License-Identifier: GPL-2.0-only
# Kernels in virtual machines.
target_sources(sockoracle_conformance PRIVATE
  vm/frames.cpp
  vm/initramfs.cpp
  vm/kernel_folder.cpp
  vm/machine.cpp
  vm/subject_vm.cpp)
