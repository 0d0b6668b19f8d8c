// SPDX-License-Identifier: GPL-2.0-only
// A virtual machine that boots a kernel with the probe as its first process, asks it everything in
// one go and switches itself off.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "conformance/client/probe_client.h"
#include "conformance/vm/frames.h"
#include "conformance/vm/initramfs.h"
#include "conformance/vm/kernel_folder.h"

namespace sockoracle {

// A folder that is removed, with all in it, when its owner goes, or, by a child of its own, when
// the process ends, however it does.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  pid_t keeper_ = -1;
  int lives_ = -1;  // closed when the process ends: the child's sign
};

// Writes the whole file or throws UnavailableError.
void write_new_file(const std::string& path, std::string_view bytes);

// What a machine is started with. In an argument, "{folder}" becomes a folder that goes with the
// machine, "{console}" a file in it that takes the kernel's own messages (else they come on
// stderr), "{initrd}" the initramfs; the answers come on the standard output.
struct MachineCommand {
  std::vector<std::string> arguments;
  std::string package{};                 // where the program comes from, for who lacks it
  std::chrono::seconds time_limit{900};  // for everything
  // A boot takes ten seconds without KVM, everything one to two minutes on a busy machine.
  std::chrono::seconds silence{120};  // between two answers
};

class Machine final : public ProbeLink {
 public:
  ~Machine() override;  // ends it
  // Before boot: collects what will be asked.
  void send(std::string_view line) override;
  // One more file of the root file system; its folder, one level deep or two, is made.
  void add_file(const std::string& path, std::string_view bytes, bool executable = false);
  // `modules` are loaded in that order: before the first request, or (`later`) by requests and by
  // calls that ask for them.
  void boot(const MachineCommand& command, const Modules& modules, bool later = false);
  std::string_view receive() override;
  const std::vector<std::string>& failed_modules() const { return frames_.failed_modules(); }

 private:
  void read_more();
  [[noreturn]] void fail(const std::string& what);
  std::string console_tail() const;
  void end();

  TemporaryFolder folder_;
  std::string requests_, line_;
  Initramfs files_;
  std::set<std::string> folders_;
  FrameReader frames_;
  bool started_ = false;
  pid_t pid_ = -1;  // until it has ended
  int answers_ = -1;
  std::chrono::seconds time_limit_{}, silence_{};
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace sockoracle
