// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>

#include "conformance/base/cli_error.h"
#include "conformance/whitebox/bpf_object.h"
#include "conformance/whitebox/kernel_pid.h"
#include "conformance/whitebox/own_directory.h"
#include "conformance/whitebox/task_record.h"

namespace sockoracle {

pid_t find_kernel_pid(pid_t process) {
  const BpfObject programs(tasks_image(), "sockoracle");
  const task_settings wanted{process};
  programs.set_globals(&wanted, sizeof wanted);
  const BpfLink link(bpf_program__attach_iter(programs.program("tasks"), nullptr));
  if (!link) throw UnavailableError("no BPF iterator over processes: " + errno_words(errno));
  const Descriptor answers(bpf_iter_create(bpf_link__fd(link.get())));
  if (answers.get() < 0)
    throw UnavailableError("no BPF iterator over processes: " + errno_words(errno));
  task_record record{};
  if (read(answers.get(), &record, sizeof record) != sizeof record || record.pid != record.tgid)
    throw UnavailableError("inside this PID namespace the BPF iterator did not show the probe");
  return record.pid;
}

}  // namespace sockoracle
