// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/base/cli_error.h"
#include "conformance/client/command_probe.h"

namespace sockoracle {
namespace {

class WordReader {
 public:
  WordReader(std::string_view text, const std::string& origin) : text_(text), origin_(origin) {}

  std::vector<std::string> read() {
    while (at_ < text_.size()) take(text_[at_++]);
    end_word();
    if (words_.empty()) throw UsageError(origin_ + ": accepted is a command");
    return std::move(words_);
  }

 private:
  void take(char c) {
    if (c == ' ' || c == '\t' || c == '\n') return end_word();
    in_word_ = true;
    if (c == '\'') {
      const size_t end = text_.find('\'', at_);
      if (end == std::string_view::npos) throw unclosed("'");
      word_ += text_.substr(at_, end - at_);
      at_ = end + 1;
    } else if (c == '"') {
      take_quoted();
    } else if (c == '\\') {
      if (at_ == text_.size()) throw unclosed("\\");
      word_ += text_[at_++];
    } else {
      word_ += c;
    }
  }

  // Inside "..." a backslash quotes only what would be special there.
  void take_quoted() {
    constexpr std::string_view kSpecial = "\"\\$`";
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return;
      }
      const bool quotes = text_[at_] == '\\' && at_ + 1 < text_.size() &&
                          kSpecial.find(text_[at_ + 1]) != std::string_view::npos;
      if (quotes) ++at_;
      word_ += text_[at_];
    }
    throw unclosed("\"");
  }

  void end_word() {
    if (in_word_) words_.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  UsageError unclosed(const char* quote) const {
    return UsageError(origin_ + ": a " + quote + " that nothing follows or closes; accepted is a " +
                      "command, its words quoted as for a shell");
  }

  std::string_view text_;
  const std::string& origin_;
  size_t at_ = 0;
  bool in_word_ = false;
  std::string word_;
  std::vector<std::string> words_;
};

}  // namespace

std::vector<std::string> split_words(std::string_view text, const std::string& origin) {
  return WordReader(text, origin).read();
}

}  // namespace sockoracle
