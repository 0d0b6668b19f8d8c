// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/report/html_book.h"

#include "conformance/base/json_reader.h"
#include "conformance/plan/plan.h"
#include "conformance/words/step_text.h"
#include "model/kernel.h"

namespace sockoracle {
namespace {

constexpr std::string_view kGap = "\n\n";

std::string numbers_json(const std::vector<std::vector<uint32_t>>& rows) {
  std::string out = "[";
  for (const auto& row : rows) {
    out += out.size() > 1 ? ",\n[" : "[";
    for (size_t i = 0; i < row.size(); ++i) out += (i > 0 ? "," : "") + std::to_string(row[i]);
    out += "]";
  }
  return out + "]";
}

}  // namespace

uint32_t TextBook::line(std::string_view text) {
  if (const auto found = line_of_.find(text); found != line_of_.end()) return found->second;
  const auto number = static_cast<uint32_t>(lines_.size());
  lines_.emplace_back(text);
  line_of_.emplace(text, number);
  return number;
}

uint32_t TextBook::paragraph(std::string_view text) {
  Numbers numbers;
  for (;;) {
    const size_t end = text.find('\n');
    numbers.push_back(line(text.substr(0, end)));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  const auto [at, is_new] =
      paragraph_of_.try_emplace(std::move(numbers), static_cast<uint32_t>(paragraphs_.size()));
  if (is_new) paragraphs_.push_back(at->first);
  return at->second;
}

size_t TextBook::add(std::string_view text) {
  Numbers numbers;
  for (;;) {
    const size_t end = text.find(kGap);
    numbers.push_back(paragraph(text.substr(0, end)));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + kGap.size());
  }
  const auto [at, is_new] =
      text_of_.try_emplace(std::move(numbers), static_cast<uint32_t>(texts_.size()));
  if (is_new) texts_.push_back(at->first);
  return at->second;
}

std::string TextBook::json() const {
  std::string quoted = "[";
  for (const std::string& text : lines_) {
    if (quoted.size() > 1) quoted += ",\n";
    append_quoted(quoted, text);
  }
  std::string lines;
  for (const char c : quoted) {
    if (c == '<') lines += "\\u003c";  // no text ends the element it stands in
    else lines += c;
  }
  return "{\"lines\":" + lines + "],\n\"paragraphs\":" + numbers_json(paragraphs_) +
         ",\n\"texts\":" + numbers_json(texts_) + "}";
}

Setting setting_of(const Comparison& comparison, const ContextRow& context) {
  Setting setting;
  setting.base = comparison.world;
  setting.world = context_world(comparison.world, context);
  setting.items = {{ItemKind::context, {}, std::string(context.name), "--as"}};
  setting.caller = context.name;
  setting.caller_chosen = true;
  setting.flags = comparison.explain_flags + " --as " + setting.caller;
  return setting;
}

std::string steps_of(const Setting& setting, const Call& call) {
  std::string text;
  for (const Step& step : ask({setting.world, call}).steps)
    text += (text.empty() ? "" : "\n") + step_text(step);
  return text;
}

}  // namespace sockoracle
