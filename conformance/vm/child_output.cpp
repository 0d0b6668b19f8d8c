// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/vm/child_output.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "conformance/base/cli_error.h"

namespace sockoracle {

std::string output_of(const std::vector<std::string>& arguments) {
  std::vector<char*> words;
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  int pipes[2];
  if (pipe2(pipes, O_CLOEXEC) != 0)
    throw UnavailableError(std::string("cannot have a pipe: ") + std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipes[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipes[1]);
  std::string text;
  char room[1 << 16];
  for (ssize_t count = 1; error == 0 && count != 0;) {
    count = read(pipes[0], room, sizeof room);
    if (count < 0 && errno != EINTR) break;
    if (count > 0) text.append(room, static_cast<size_t>(count));
  }
  close(pipes[0]);
  if (error != 0)
    throw UnavailableError("cannot start " + arguments[0] + ": " + std::strerror(error));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) throw UnavailableError(arguments[0] + " " + arguments[1] + ": failed");
  return text;
}

}  // namespace sockoracle
