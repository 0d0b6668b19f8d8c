// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/world/item.h"

#include "conformance/process/process_world.h"

namespace sockoracle {
namespace {

// In the order of --help.
constexpr ItemForm kForms[] = {
    {ItemKind::release, Shape::one, "--release", "release", "X.Y",
     "kernel release, like 6.12 or 6.12.43", "a release as text, or \"host\"", false},
    {ItemKind::release, Shape::process, "", "process", "", "",
     "the number of a process, or \"self\"", false},
    {ItemKind::config, Shape::pairs, "", "config", "", "",
     "an object of symbols with \"y\", \"m\" or \"n\"", false},
    {ItemKind::context, Shape::one, "--as", "as", "CONTEXT",
     "the caller: root (default), nobody, userns-root ..., or me: who runs this command "
     "(default with --world host)",
     "the name of a context", true},
    {ItemKind::cap, Shape::list, "--cap", "caps", "NAME",
     "a capability on top of the caller's, like net_raw; none takes all away first",
     "a list of capability names", true},
    {ItemKind::uid, Shape::one, "--uid", "uid", "N", "effective user id", "a number", true},
    {ItemKind::gid, Shape::one, "--gid", "gid", "N", "group id", "a number", true},
    {ItemKind::egid, Shape::one, "--egid", "egid", "N", "effective group id", "a number", true},
    {ItemKind::groups, Shape::comma, "--groups", "groups", "A,B|none", "supplementary groups",
     "a list of group numbers", true},
    {ItemKind::module, Shape::pairs, "--module", "modules", "NAME=PRESENCE",
     "absent, loadable, loaded or builtin", "an object of modules with their presence", false},
    {ItemKind::sysctl, Shape::pairs, "--sysctl", "sysctls", "NAME=VALUE",
     "like net.mptcp.enabled=0", "an object of sysctls with their values", false},
    {ItemKind::behaviour, Shape::with, "--with", "behaviours", "BEHAVIOUR",
     "the kernel has it (a backport)", "a list of \"+name\" and \"-name\"", false},
    {ItemKind::behaviour, Shape::without, "--without", "", "BEHAVIOUR",
     "the kernel does not have it", "", false},
    {ItemKind::limit, Shape::pairs, "--limit", "limits", "NAME=N", "see list worlds",
     "an object of limits with numbers or \"unlimited\"", true},
    {ItemKind::policy, Shape::pairs, "--policy", "policies", "HOOK=ANSWER",
     "allow, deny or an errno; see list worlds", "an object of policies with their answers", true},
    {ItemKind::fault, Shape::list, "--fault", "faults", "N",
     "the N-th fallible step of the call fails", "a list of numbers", false},
    {ItemKind::set, Shape::pairs, "--set", "set", "NAME=VALUE",
     "any other fact of a world, like modules_enabled=0; see list worlds",
     "an object of facts with numbers", true},
    {ItemKind::user_ns, Shape::list, "--user-ns", "user_ns", "P,UID,IN,OUT,N",
     "one more user namespace: its parent's number, owner, and map; caller_ns and net_ns of --set "
     "say who is in which",
     "a list of texts like \"0,1000,0,1000,1\": parent, owner, first id inside and outside, count",
     true},
    {ItemKind::seccomp, Shape::files, "--seccomp", "seccomp", "FILE",
     "a filter that the caller has: a profile of Docker, Podman or an OCI runtime, or a dump (help "
     "filter); several in the order in which they were loaded",
     "a file's name, a profile as an object, or a list of them", true},
    {ItemKind::unit, Shape::files, "--unit", "unit", "FILE|NAME",
     "the caller is the process of a systemd unit: its user, capabilities, namespaces and filters, "
     "drop-ins included",
     "a unit's file or name", true},
    {ItemKind::abi, Shape::one, "--abi", "abi", "NAME",
     "whose system calls a filter sees: x86_64, x32, i386, aarch64, arm or riscv64 (default: this "
     "machine's)",
     "the name of an ABI", true},
};

}  // namespace

std::span<const ItemForm> item_forms() { return kForms; }

const ItemForm& form_of(const Item& item) {
  const bool without = item.kind == ItemKind::behaviour && item.key == "-";
  const bool process = item.kind == ItemKind::release && names_process_world(item.value);
  for (const ItemForm& form : kForms)
    if (form.kind == item.kind && (form.shape == Shape::without) == without &&
        (form.shape == Shape::process) == process)
      return form;
  return kForms[0];
}

}  // namespace sockoracle
