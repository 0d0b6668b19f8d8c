// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/base/terminal.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "conformance/base/text_file.h"
#include "conformance/base/text_layout.h"

namespace sockoracle {
namespace {

constexpr size_t kNarrowest = 60, kWidestFile = 100;

struct Terminal {
  bool is_terminal = false;
  bool colour = false;
  bool pager = false;
  size_t width = kWidestFile;
  size_t height = 0;  // 0 = unknown
};
Terminal terminal;

size_t environment_number(const char* name) {
  const char* const text = std::getenv(name);
  size_t number = 0;
  if (text == nullptr) return 0;
  const char* const end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, number);
  return error == std::errc() && rest == end ? number : 0;
}

std::string environment(const char* name) {
  const char* const text = std::getenv(name);
  return text == nullptr ? "" : text;
}

// Unset and empty differ: PAGER= switches the pager off.
std::string pager_command() {
  return std::getenv("PAGER") == nullptr ? "less" : environment("PAGER");
}

void write_out(std::string_view text) {
  std::fflush(stdout);
  write_file_atomically("-", text);
}

// While the pager has the terminal, its keys are its own.
class SignalsIgnored {
 public:
  SignalsIgnored() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    for (size_t i = 0; i < std::size(kSignals); ++i) sigaction(kSignals[i], &ignore, &before_[i]);
  }
  ~SignalsIgnored() {
    for (size_t i = 0; i < std::size(kSignals); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  }
  SignalsIgnored(const SignalsIgnored&) = delete;
  SignalsIgnored& operator=(const SignalsIgnored&) = delete;
  // In the pager's own process.
  static void undo() {
    for (const int number : kSignals) signal(number, SIG_DFL);
  }

 private:
  static constexpr int kSignals[] = {SIGINT, SIGQUIT, SIGPIPE};
  struct sigaction before_[std::size(kSignals)]{};
};

[[noreturn]] void become_pager(const int (&ends)[2], const std::string& command) {
  SignalsIgnored::undo();
  dup2(ends[0], STDIN_FILENO);
  close(ends[0]);
  close(ends[1]);
  // As git does: quit if it fits, colours, leave the screen as it is; not over the user's own.
  setenv("LESS", "FRX", 0);
  setenv("LV", "-c", 0);
  execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
  _exit(127);
}

// False where the pager could not be run: 126 and 127 are sh's words for that.
bool page(std::string_view text, const std::string& command) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  const SignalsIgnored ignored;
  std::fflush(stdout);
  const pid_t child = fork();
  if (child < 0) {
    close(ends[0]);
    close(ends[1]);
    return false;
  }
  if (child == 0) become_pager(ends, command);
  close(ends[0]);
  write_text(ends[1], text);  // who quits early has seen enough
  close(ends[1]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return !WIFEXITED(status) || (WEXITSTATUS(status) != 126 && WEXITSTATUS(status) != 127);
}

bool is_long(std::string_view text) {
  const auto lines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  return terminal.height != 0 && lines >= terminal.height;
}

void show_folded(std::string text) {
  if (terminal.colour) text = coloured(text);
  if (terminal.pager && is_long(text) && page(text, pager_command())) return;
  write_out(text);
}

bool wants_colour(const std::string& flag, bool is_terminal) {
  if (flag != "auto") return flag == "always";
  return is_terminal && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
}

}  // namespace

void set_terminal(const TerminalFlags& flags) {
  terminal = {};
  terminal.is_terminal = isatty(STDOUT_FILENO) == 1;
  winsize size{};
  if (terminal.is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    terminal.width = size.ws_col == 0 ? 80 : size.ws_col;
    terminal.height = size.ws_row;
  }
  if (const size_t columns = environment_number("COLUMNS"); columns != 0) terminal.width = columns;
  if (!terminal.is_terminal) terminal.width = std::min(terminal.width, kWidestFile);
  terminal.width = std::max(terminal.width, kNarrowest);
  terminal.colour = wants_colour(flags.color, terminal.is_terminal);
  const std::string pager = pager_command();
  terminal.pager = terminal.is_terminal && !flags.no_pager && !pager.empty() && pager != "cat";
  layout_width() = terminal.width;
}

void show(std::string_view text) { show_folded(folded(visible(text), terminal.width)); }

void show_lines(std::string_view text) {
  if (terminal.is_terminal) return show(text);
  show_folded(visible(text));
}

bool is_terminal() { return terminal.is_terminal; }

void complain(std::string_view text) {
  std::fflush(stdout);
  std::fprintf(stderr, "sockoracle: %s\n", visible_line(text).c_str());
}

}  // namespace sockoracle
