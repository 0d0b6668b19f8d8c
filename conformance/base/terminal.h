// SPDX-License-Identifier: GPL-2.0-only
// Text for people, on its way out: made harmless, fitted to the width, coloured, paged. Every
// command's text goes through show(), every message through complain(); JSON and files for
// programs do not.
#pragma once

#include <string>
#include <string_view>

namespace sockoracle {

struct TerminalFlags {
  std::string color = "auto";  // auto, always, never
  bool no_pager = false;
};

// Once, before the first output. Sets layout_width() as well.
void set_terminal(const TerminalFlags& flags);

// To standard output. Where that is a terminal and the text is longer than it is high, through
// $PAGER. Throws UnavailableError where it cannot be written.
void show(std::string_view text);
// The same for what scripts read line by line: wrapped on a terminal only.
void show_lines(std::string_view text);
bool is_terminal();

// One line on standard error: "sockoracle: TEXT".
void complain(std::string_view text);

// Control characters but for newlines, and what is not UTF-8, as \x1b and the like. A message of
// one line has no newline either.
std::string visible(std::string_view text);
std::string visible_line(std::string_view text);

// Lines longer than the width are broken between words; what follows stands below the line's last
// column. A command is broken with a backslash, so that it can still be pasted.
std::string folded(std::string_view text, size_t width);

// The text with escape sequences: labels, errnos, results and verdicts.
std::string coloured(std::string_view text);

}  // namespace sockoracle
