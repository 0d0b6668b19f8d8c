// SPDX-License-Identifier: GPL-2.0-only
// The fixed parts of the HTML report: style and script. Everything can be read without the script,
// which filters, opens what a link points at, and shows a cell's details.
#pragma once

#include <string_view>

namespace sockoracle {

inline constexpr std::string_view kPageStyle = R"css(
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#57606a;--line:#d0d7de;--box:#f6f8fa;
--good:#116329;--warn:#7d4e00;--bad:#a40e26;
--link:#0550ae;--h0:#d3f0da;--h1:#ffe2b8;--h2:#ffd3d0;--h3:#dde4ff;
--h4:#f3d9fa;--h5:#d0f0f4;--h6:#ece6c8;--h7:#e4e7ea}
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--dim:#9aa4af;--line:#3d444d;
--box:#161b22;--good:#56d364;--warn:#e3b341;--bad:#ff8a80;
--link:#79b8ff;--h0:#12351d;--h1:#4a3000;--h2:#4c1717;
--h3:#1d2d5c;--h4:#42204b;--h5:#0c3d44;--h6:#3b3612;--h7:#2b3036}}
body{margin:0 auto;max-width:78rem;padding:1rem;background:var(--bg);color:var(--fg);
font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.2rem;margin-top:2rem}h3{font-size:1rem}
a{color:var(--link)}code,.mono{font:13px/1.4 ui-monospace,monospace}.dim{color:var(--dim)}
.good{color:var(--good);font-weight:600}.warn{color:var(--warn);font-weight:600}
.bad{color:var(--bad);font-weight:600}
article,details{border:1px solid var(--line);border-radius:6px;padding:.5rem .75rem;margin:.5rem 0}
article.new{border-left:.35rem solid var(--bad)}summary{cursor:pointer}
.wide{overflow-x:auto}table{border-collapse:collapse}
th,td{border:1px solid var(--line);padding:.15rem .45rem;text-align:left;vertical-align:top}
th{background:var(--box);font-weight:600}.strip{display:flex;flex-wrap:wrap;gap:2px;margin:2px 0}
.strip>b{flex:0 0 9.5rem;font:600 12px/1.9 ui-monospace,monospace}
.cell{font:12px/1.4 ui-monospace,monospace;padding:.15rem .35rem;border-radius:3px;
color:var(--fg);text-decoration:none;border:1px solid transparent}
.cell:hover,.cell:focus{border-color:var(--fg)}.differs{outline:2px solid var(--bad)}
.known{outline:2px dashed var(--dim)}
:target:not(section){outline:3px solid var(--link)}
.a0{background:var(--h0)}.a1{background:var(--h1)}.a2{background:var(--h2)}.a3{background:var(--h3)}
.a4{background:var(--h4)}.a5{background:var(--h5)}.a6{background:var(--h6)}.a7{background:var(--h7)}
input{font:inherit;padding:.3rem .5rem;width:min(24rem,95%)}
#shown{position:sticky;bottom:0;background:var(--box);border:1px solid var(--line);padding:.5rem}
#shown{max-height:55vh;overflow:auto}#shown button{float:right;font:inherit}#shown p{margin:.2rem 0}
select{font:inherit;padding:.25rem .4rem;max-width:100%}label{display:inline-block;
margin:.2rem .75rem .2rem 0;max-width:100%}.tabs a{display:inline-block;
margin-right:.7rem}.tabs{margin:.5rem 0}pre{font:12px/1.45 ui-monospace,monospace;margin:.25rem 0;
white-space:pre-wrap}input[type=range]{display:block;box-sizing:border-box;margin:.3rem 0;padding:0;
width:min(30rem,100%)}ul{margin:0;padding-left:1.2rem}
.wide table{overflow-wrap:normal}td details{border:0;padding:0;margin:0}
.out,.elsewhere{display:none!important}
#subjects label{display:block}.filter,#shown:empty{display:none}.js .filter{display:block}
@media print{details::details-content{content-visibility:visible}
#shown,.filter{display:none!important}
body{max-width:none}}
)css";

inline constexpr std::string_view kPageScript = R"js(
(function () {
  "use strict";
  document.documentElement.classList.add("js");
  function $(id) { return document.getElementById(id); }
  function each(selector, act) { document.querySelectorAll(selector).forEach(act); }
  var shown = $("shown"), filter = $("filter"), book = null;

  // A long text of the page's book: its lines stand there once.
  function text_of(number) {
    book = book || JSON.parse($("book").textContent);
    return book.texts[number].map(function (paragraph) {
      return book.paragraphs[paragraph].map(function (line) { return book.lines[line]; })
        .join("\n");
    }).join("\n\n");
  }
  function add(parent, tag, text) {
    var element = document.createElement(tag);
    element.textContent = text || "";
    return parent.appendChild(element);
  }
  function folded(parent, title, number) {
    if (number === undefined) return;
    var box = add(parent, "details");
    add(box, "summary", title);
    add(box, "pre", text_of(number));
  }
  function link(parent, text, target) {
    if (!$(target)) return;
    add(parent, "a", text).href = "#" + target;
    parent.append(" ");
  }
  function show(cell) {
    var data = cell.dataset, anchor = cell.id.slice(0, cell.id.indexOf("-") + 1);
    shown.textContent = "";
    var close = add(shown, "button", "close");
    close.type = "button";
    close.addEventListener("click", function () { shown.textContent = ""; });
    add(shown, "p", cell.title);
    var links = add(shown, "p");
    if (data.finding) link(links, "finding " + data.finding, anchor + "finding-" + data.finding);
    if (data.rule) link(links, "rule " + data.rule, anchor + "rule-" + data.rule);
    folded(shown, "Steps of the model", data.steps);
    folded(shown, "C program that shows it", data.program);
  }
  // Tabs: of the maps side by side only the asked one stays open.
  function open_around(at) {
    for (var up = at; up; up = up.parentElement) {
      if (up.tagName !== "DETAILS") continue;
      if (up.parentElement.classList.contains("maps"))
        for (var other of up.parentElement.children) other.open = other === up;
      up.open = true;
    }
  }
  function arrive() {
    var at = location.hash && $(decodeURIComponent(location.hash.slice(1)));
    if (!at) return;
    var section = at.closest("section.subject");
    if (section && section.hidden) choose(section.id);
    open_around(at);
    at.scrollIntoView({block: "center"});
    if (at.classList.contains("cell")) show(at);
  }
  function choose(id) {
    each("section.subject", function (one) { one.hidden = id !== "" && one.id !== id; });
    $("subject").value = id;
    $("slider").value = $("subject").selectedIndex;
    $("slider").setAttribute("aria-valuetext", $("subject").selectedOptions[0].textContent);
  }
  function sift() {
    var words = filter.value.toLowerCase().split(/\s+/);
    each("article,.strip,tr.sift", function (row) {
      var text = row.textContent.toLowerCase();
      row.classList.toggle("out", !words.every(function (word) {
        return text.indexOf(word) >= 0;
      }));
    });
  }
  function between() {
    var from = Math.min($("from").value, $("to").value), count = 0;
    var to = Math.max($("from").value, $("to").value);
    var all = from === 0 && to === $("to").options.length - 1;
    each("tr.change", function (row) {
      var since = Number(row.dataset.since), until = Number(row.dataset.until);
      var inside = all || since > from && since <= to || until >= from && until < to;
      row.classList.toggle("elsewhere", !inside);
      count += inside ? 1 : 0;
    });
    $("between").textContent = count + (count === 1 ? " change" : " changes");
  }
  filter.addEventListener("input", sift);
  $("from").addEventListener("change", between);
  $("to").addEventListener("change", between);
  if ($("subject")) {
    $("subject").addEventListener("change", function () { choose(this.value); });
    $("slider").addEventListener("input", function () {
      choose($("subject").options[this.value].value);
    });
  }
  document.addEventListener("click", function (event) {
    var cell = event.target.closest && event.target.closest(".cell");
    if (cell) show(cell);
  });
  window.addEventListener("hashchange", arrive);
  between();
  arrive();
})();
)js";

}  // namespace sockoracle
