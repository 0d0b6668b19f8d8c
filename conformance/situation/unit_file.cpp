// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/situation/unit_file.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"
#include "conformance/base/text_file.h"

namespace sockoracle {
namespace {

namespace fs = std::filesystem;

constexpr size_t kUnitMax = 1u << 20, kLinesMax = 65536;

// systemd.unit(5), "System Unit Search Path", the strongest first.
constexpr const char* kUnitFolders[] = {"/etc/systemd/system", "/run/systemd/system",
                                        "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
                                        "/lib/systemd/system"};

class UnitReader {
 public:
  explicit UnitReader(std::string name) : file_(std::move(name)) {}

  std::vector<UnitLine> read(std::string_view text) {
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      take(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (!pending_.empty()) assign();
    return std::move(lines_);
  }

 private:
  [[noreturn]] void refuse(const std::string& accepted) const {
    throw UsageError(file_ + ":" + std::to_string(line_) + ": accepted is " + accepted);
  }

  void take(std::string_view raw) {
    for (const char c : raw)
      if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r')
        refuse("text without control characters");
    const std::string_view line = trimmed(raw);
    const bool comment = !line.empty() && (line.front() == '#' || line.front() == ';');
    // A comment between the parts of a line is passed over, and the line goes on behind it.
    if (comment) return pending_.empty() ? take_comment(line) : void();
    if (pending_.empty()) {
      if (line.empty()) return;
      started_ = line_;
    }
    const bool goes_on = !line.empty() && line.back() == '\\';
    pending_ += std::string(goes_on ? line.substr(0, line.size() - 1) : line);
    if (goes_on) pending_ += ' ';
    else assign();
  }

  // "# /etc/systemd/system/web.service" is how systemctl cat begins a file.
  void take_comment(std::string_view line) {
    const std::string_view path = trimmed(line.substr(1));
    const bool header = line.substr(0, 3) == "# /" && path.find(' ') == std::string_view::npos &&
                        (path.ends_with(".conf") || path.find('.') != std::string_view::npos);
    if (!header) return;
    const size_t slash = path.rfind('/');
    const size_t before = path.ends_with(".conf") ? path.rfind('/', slash - 1) : slash;
    file_ = path.substr(before == std::string_view::npos ? slash + 1 : before + 1);
    line_ = 0;
  }

  void assign() {
    const std::string text(trimmed(pending_));
    pending_.clear();
    const auto where = [&] { return file_ + ":" + std::to_string(started_); };
    if (text.front() == '[') {
      if (text.back() != ']') refuse("[Section]");
      section_ = text.substr(1, text.size() - 2);
      return;
    }
    const size_t equal = text.find('=');
    if (equal == std::string::npos || equal == 0 || section_.empty())
      refuse("a unit file: [Section], then KEY=VALUE");
    if (lines_.size() == kLinesMax) refuse("at most 65536 assignments");
    lines_.push_back({where(), section_, std::string(trimmed(text.substr(0, equal))),
                      std::string(trimmed(text.substr(equal + 1)))});
  }

  std::string file_, section_, pending_;
  size_t line_ = 0, started_ = 0;
  std::vector<UnitLine> lines_;
};

std::string name_of(const fs::path& path) { return path.filename().string(); }

// Of drop-ins with one name the strongest folder's counts; they are read by name.
using DropIns = std::map<std::string, fs::path>;

void add_drop_ins(const fs::path& folder, DropIns* found) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".conf") found->emplace(name_of(entry.path()), entry.path());
}

void append(std::vector<UnitLine>& lines, const fs::path& path, const std::string& name) {
  const std::vector<UnitLine> more = read_unit(load_text(path.string(), kUnitMax), name);
  lines.insert(lines.end(), more.begin(), more.end());
}

std::vector<UnitLine> with_drop_ins(const fs::path& unit, const DropIns& drop_ins) {
  std::vector<UnitLine> lines;
  append(lines, unit, name_of(unit));
  for (const auto& [name, path] : drop_ins)
    append(lines, path, name_of(path.parent_path()) + "/" + name);
  return lines;
}

// "web@a.service" is made of web@.service.
std::string template_of(const std::string& name) {
  const size_t at = name.find('@'), dot = name.rfind('.');
  return at == std::string::npos || dot < at ? name : name.substr(0, at + 1) + name.substr(dot);
}

}  // namespace

std::vector<UnitLine> read_unit(std::string_view text, const std::string& name) {
  return UnitReader(name).read(text);
}

std::vector<UnitLine> load_unit(const std::string& name) {
  DropIns drop_ins;
  if (name == "-") return read_unit(load_text(name, kUnitMax), name_of_input(name));
  if (name.find('/') != std::string::npos || fs::exists(name)) {
    add_drop_ins(name + ".d", &drop_ins);
    return with_drop_ins(name, drop_ins);
  }
  const std::string full = name.find('.') == std::string::npos ? name + ".service" : name;
  fs::path unit;
  for (const std::string& each : {full, template_of(full)})
    for (const char* folder : kUnitFolders) {
      const fs::path path = fs::path(folder) / each;
      if (unit.empty() && fs::exists(path)) unit = path;
      add_drop_ins(path.string() + ".d", &drop_ins);
    }
  for (const char* folder : kUnitFolders) add_drop_ins(fs::path(folder) / ("service.d"), &drop_ins);
  if (unit.empty())
    throw UsageError("--unit " + name + ": accepted is a file, or a unit below " +
                     std::string(kUnitFolders[0]) + ", " + kUnitFolders[1] + " or " +
                     kUnitFolders[3]);
  return with_drop_ins(unit, drop_ins);
}

}  // namespace sockoracle
