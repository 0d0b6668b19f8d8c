// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/base/cli_error.h"
#include "conformance/base/terminal.h"
#include "conformance/base/text_file.h"
#include "conformance/judge/strace_verdicts.h"
#include "conformance/situation/situation.h"

namespace sockoracle {

int command_strace(const std::vector<std::string>& files, const std::vector<Item>& items,
                   bool json) {
  const Setting setting = build_situation(items);
  tell_conditions(setting);
  std::vector<StraceLog> logs;
  for (const std::string& file : files)
    logs.push_back(read_strace_log(load_text(file), name_of_input(file), setting.world));
  std::vector<StraceVerdicts> verdicts;
  std::string text;
  bool differ = false, checked = false;
  for (const StraceLog& log : logs) {
    const StraceVerdicts& one = verdicts.emplace_back(judge_strace(log, setting));
    differ = differ || one.differ != 0;
    checked = checked || one.checked != 0;
    if (json) continue;
    if (logs.size() > 1) text += (text.empty() ? "" : "\n") + log.name + "\n";
    text += strace_text(log, one, setting);
  }
  if (json) write_file_atomically("-", strace_json(logs, verdicts, setting));
  else show_lines(text);
  if (differ) return kExitDifference;
  return checked ? kExitOk : kExitSkipped;
}

}  // namespace sockoracle
