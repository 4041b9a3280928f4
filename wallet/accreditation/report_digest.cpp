#include "wallet/accreditation/report_digest.h"

#include <algorithm>

#include "common/text.h"
#include "trust/scope.h"

namespace testamur::wallet {
namespace {

// What two forms of the digest spell differently: everything else is numbers.
struct Spelling {
  std::string_view form;
  std::string (*text)(std::string_view);
  std::string (*link)(std::string_view);
};

std::string as_typed(std::string_view text) { return std::string(text); }

// What the report says and nothing of how: numbers for words, days for dates, texts without outer
// spaces in one form. Who said it is the author of the statement and of whom its subject, so that
// neither is part of it.
Hash256 digest_in(const Spelling& spelling, const Report& report) {
  std::string lines = std::string(spelling.form) + "\n";
  const auto line = [&lines](const std::string& name, const std::string& value) {
    if (!value.empty()) lines += name + "=" + nfc(value) + "\n";
  };

  line("identifier", spelling.text(report.identifier));
  line("activity", spelling.text(report.activity));
  line("type", std::to_string(static_cast<unsigned>(report.type)));
  line("status", std::to_string(static_cast<unsigned>(report.status)));
  line("decision", std::to_string(static_cast<unsigned>(report.decision)));
  line("valid_from_ms", std::to_string(report.valid_from_ms));
  line("valid_until_ms", std::to_string(report.valid_until_ms));
  line("link", spelling.link(report.link));

  for (const auto& programme : report.programmes) {
    line("programme", spelling.text(programme.name));
    line("eqf_level", std::to_string(programme.eqf_level));
    for (unsigned field = 0; programme.fields && field < trust::kFieldCount; ++field) {
      if (programme.fields->contains(field)) line("field", std::string(trust::field_code(field)));
    }
    line("full_degree", programme.full_degree ? "1" : "2");
    line("ects_hundredths", std::to_string(programme.ects_hundredths));
    for (const auto& uri : programme.esco_uris) line("esco", uri);
  }

  return sha256(as_bytes(lines));
}

}  // namespace

std::string one_link(std::string_view link) {
  const auto scheme = link.find("://");
  if (scheme == std::string_view::npos) return std::string(link);
  const bool secure = link.starts_with("https:");
  link.remove_prefix(scheme + 3);

  // Only the host is the same in any case: of a user, a path and a query each letter counts.
  const auto end = std::min(link.find_first_of("/?#"), link.size());
  const auto user = link.substr(0, end).rfind('@');
  const std::size_t begin = user == std::string_view::npos ? 0 : user + 1;
  std::string host(link.substr(begin, end - begin));
  for (char& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;

  const std::string_view port = secure ? ":443" : ":80";
  if (host.ends_with(port)) host.resize(host.size() - port.size());
  if (host.ends_with('.')) host.pop_back();

  std::string one = "https://" + std::string(link.substr(0, begin)) + host;
  one += link.substr(end);
  while (one.ends_with('/')) one.pop_back();
  return one;
}

Hash256 report_digest(const Report& report) {
  return digest_in({"testamur report 3", skeleton, one_link}, report);
}

Hash256 second_report_digest(const Report& report) {
  return digest_in({"testamur report 2", as_typed, as_typed}, report);
}

}  // namespace testamur::wallet
