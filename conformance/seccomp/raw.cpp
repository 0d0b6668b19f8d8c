// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/seccomp/raw.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"

namespace sockoracle {
namespace {

constexpr std::string_view kBlank = " \t\r";

bool is_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) {
    return (c >= 0x20 && c <= 0x7e) || c == '\n' || c == '\t' || c == '\r';
  });
}

FilterCode code_of_bytes(std::string_view bytes, const std::string& name) {
  if (bytes.size() % sizeof(sock_filter) != 0 || bytes.empty())
    throw UsageError(name + ": " + std::to_string(bytes.size()) +
                     " bytes: accepted is a whole number of instructions of 8 bytes, or " +
                     std::string(kRawFilterForms));
  FilterCode code(bytes.size() / sizeof(sock_filter));
  for (size_t i = 0; i < code.size(); ++i) {
    const auto byte = [&](size_t at) { return static_cast<uint8_t>(bytes[8 * i + at]); };
    code[i] = {
        static_cast<uint16_t>(byte(0) | byte(1) << 8), byte(2), byte(3),
        byte(4) | uint32_t{byte(5)} << 8 | uint32_t{byte(6)} << 16 | uint32_t{byte(7)} << 24};
  }
  return code;
}

// All digits and blanks, and long enough that they are no list of numbers.
bool is_hex_dump(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  const size_t end = std::min(text.find_first_of(" \t\r\n", first), text.size());
  return end - first >= 16 && std::all_of(text.begin(), text.end(), [](char c) {
           return std::isxdigit(static_cast<unsigned char>(c)) != 0 ||
                  std::isspace(static_cast<unsigned char>(c)) != 0;
         });
}

std::string bytes_of_hex(std::string_view text) {
  std::string digits, bytes;
  for (const char c : text)
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0) digits += c;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(*whole_number<uint8_t>(std::string_view(digits).substr(i, 2), 16));
  return digits.size() % 2 == 0 ? bytes : bytes + '\0';
}

std::optional<uint32_t> number_of(std::string_view word) {
  if (word.substr(0, 2) == "0x" || word.substr(0, 2) == "0X")
    return whole_number<uint32_t>(word.substr(2), 16);
  return whole_number<uint32_t>(word);
}

class LineReader {
 public:
  explicit LineReader(const std::string& name) : name_(name) {}

  FilterCode read(std::string_view text) {
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      read_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (code_.empty()) throw UsageError(name_ + ": no instruction: accepted is " + forms());
    if (count_ && *count_ != code_.size())
      throw UsageError(name_ + ": " + std::to_string(code_.size()) + " instructions, and it says " +
                       std::to_string(*count_));
    return std::move(code_);
  }

 private:
  static std::string forms() { return std::string(kRawFilterForms); }
  [[noreturn]] void refuse() const {
    throw UsageError(name_ + ":" + std::to_string(line_) + ": no instruction: accepted is " +
                     forms());
  }

  // What may follow an instruction of a disassembly, or stand between braces.
  void read_line(std::string_view line) {
    for (const std::string_view comment : {"//", "/*", "#", ";"})
      line = line.substr(0, line.find(comment));
    std::string text(line);
    const size_t brace = text.find('{');
    bool open_end = false;
    if (brace != std::string::npos) {
      text = text.substr(brace + 1, text.find('}') - brace - 1);
    } else if (const size_t colon = text.find(':'); colon != std::string::npos) {
      text = text.substr(colon + 1);
      open_end = true;
    } else if (const size_t first = text.find_first_not_of(kBlank);
               first == std::string::npos || text[first] == '=' ||
               text.compare(first, 4, "line") == 0) {
      return;  // nothing, or the head of a table
    } else if (text.find(',') != std::string::npos &&
               std::count(text.begin(), text.end(), ' ') >= 3) {
      return read_parts(text);
    }
    std::replace(text.begin(), text.end(), ',', ' ');
    read_words(text, open_end);
  }

  // "4,32 0 0 4,21 0 1 ...": how many, then each.
  void read_parts(const std::string& text) {
    for (size_t start = 0; start <= text.size();) {
      const size_t end = std::min(text.find(',', start), text.size());
      const std::string part = text.substr(start, end - start);
      if (part.find_first_not_of(kBlank) != std::string::npos) read_words(part, false);
      start = end + 1;
    }
  }

  void read_words(std::string_view text, bool open_end) {
    uint32_t numbers[4] = {};
    size_t count = 0;
    while (count < 4) {
      text = trimmed(text);
      if (text.empty()) break;
      const size_t end = std::min(text.find_first_of(kBlank), text.size());
      const std::optional<uint32_t> number = number_of(text.substr(0, end));
      if (!number) refuse();
      numbers[count++] = *number;
      text.remove_prefix(end);
    }
    if (count == 0 && open_end) return;
    if (count == 1 && code_.empty() && !count_) {
      count_ = numbers[0];
      return;
    }
    const bool fits =
        numbers[0] <= UINT16_MAX && numbers[1] <= UINT8_MAX && numbers[2] <= UINT8_MAX;
    if (count != 4 || !fits || (!open_end && !trimmed(text).empty())) refuse();
    if (code_.size() == BPF_MAXINSNS)
      throw UsageError(name_ + ":" + std::to_string(line_) + ": accepted are at most " +
                       std::to_string(BPF_MAXINSNS) + " instructions");
    code_.push_back({static_cast<uint16_t>(numbers[0]), static_cast<uint8_t>(numbers[1]),
                     static_cast<uint8_t>(numbers[2]), numbers[3]});
  }

  const std::string& name_;
  FilterCode code_;
  std::optional<size_t> count_;
  size_t line_ = 0;
};

}  // namespace

FilterCode read_raw_filter(std::string_view bytes, const std::string& name) {
  if (!is_text(bytes)) return code_of_bytes(bytes, name);
  if (is_hex_dump(bytes)) return code_of_bytes(bytes_of_hex(bytes), name);
  return LineReader(name).read(bytes);
}

}  // namespace sockoracle
