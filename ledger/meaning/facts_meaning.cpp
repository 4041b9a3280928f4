// Tables of countries, closed names, shared hosts and registers, and the questions that they
// answer. Nothing here decides whether a transaction is valid, so the tables may follow the world:
// a ledger replays whatever they say.
#include "ledger/meaning/facts_meaning.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/text.h"
#include "common/visible.h"
#include "ledger/meaning/language_meaning.h"
#include "ledger/tx/form_check.h"

namespace testamur::ledger {
namespace {

// ISO 3166-1 alpha-2, officially assigned.
constexpr std::array<std::string_view, 249> kCountries = {
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ",
    "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS",
    "BT", "BV", "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN",
    "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE",
    "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF",
    "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM",
    "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM",
    "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC",
    "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK",
    "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA",
    "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG",
    "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS", "RU", "RW",
    "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS",
    "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO",
    "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI",
    "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW",
};

// Other spellings, upper case and without spaces: what the Union's registers say, three letters,
// English names.
constexpr std::pair<std::string_view, std::string_view> kOtherSpellings[] = {
    {"UK", "GB"},
    {"EL", "GR"},
    {"GBR", "GB"},
    {"GRC", "GR"},
    {"DEU", "DE"},
    {"GER", "DE"},
    {"FRA", "FR"},
    {"AUT", "AT"},
    {"ITA", "IT"},
    {"ESP", "ES"},
    {"PRT", "PT"},
    {"NLD", "NL"},
    {"BEL", "BE"},
    {"CHE", "CH"},
    {"POL", "PL"},
    {"CZE", "CZ"},
    {"SVK", "SK"},
    {"SVN", "SI"},
    {"HUN", "HU"},
    {"ROU", "RO"},
    {"BGR", "BG"},
    {"HRV", "HR"},
    {"SRB", "RS"},
    {"DNK", "DK"},
    {"SWE", "SE"},
    {"NOR", "NO"},
    {"FIN", "FI"},
    {"ISL", "IS"},
    {"IRL", "IE"},
    {"LUX", "LU"},
    {"MLT", "MT"},
    {"CYP", "CY"},
    {"EST", "EE"},
    {"LVA", "LV"},
    {"LTU", "LT"},
    {"UKR", "UA"},
    {"TUR", "TR"},
    {"USA", "US"},
    {"CAN", "CA"},
    {"UNITEDKINGDOM", "GB"},
    {"GREATBRITAIN", "GB"},
    {"ENGLAND", "GB"},
    {"SCOTLAND", "GB"},
    {"WALES", "GB"},
    {"GREECE", "GR"},
    {"GERMANY", "DE"},
    {"DEUTSCHLAND", "DE"},
    {"FRANCE", "FR"},
    {"AUSTRIA", "AT"},
    {"ITALY", "IT"},
    {"SPAIN", "ES"},
    {"PORTUGAL", "PT"},
    {"NETHERLANDS", "NL"},
    {"THENETHERLANDS", "NL"},
    {"BELGIUM", "BE"},
    {"SWITZERLAND", "CH"},
    {"POLAND", "PL"},
    {"CZECHIA", "CZ"},
    {"CZECHREPUBLIC", "CZ"},
    {"SLOVAKIA", "SK"},
    {"SLOVENIA", "SI"},
    {"HUNGARY", "HU"},
    {"ROMANIA", "RO"},
    {"BULGARIA", "BG"},
    {"CROATIA", "HR"},
    {"SERBIA", "RS"},
    {"DENMARK", "DK"},
    {"SWEDEN", "SE"},
    {"NORWAY", "NO"},
    {"FINLAND", "FI"},
    {"ICELAND", "IS"},
    {"IRELAND", "IE"},
    {"LUXEMBOURG", "LU"},
    {"MALTA", "MT"},
    {"CYPRUS", "CY"},
    {"ESTONIA", "EE"},
    {"LATVIA", "LV"},
    {"LITHUANIA", "LT"},
    {"UKRAINE", "UA"},
    {"TURKEY", "TR"},
    {"TURKIYE", "TR"},
    {"UNITEDSTATES", "US"},
    {"CANADA", "CA"},
};

// Top-level names that the public name system never has (RFC 6761, 6762, 7686, 8375, 9476; ICANN's
// private-use name and those that closed networks use). "example" and "test" are for documentation
// and trials, and stay.
constexpr std::array<std::string_view, 16> kClosedNames = {
    "localhost", "local", "localdomain", "internal", "intranet", "private",   "corp", "home",
    "lan",       "alt",   "arpa",        "onion",    "invalid",  "workgroup", "host", "domain",
};

// Hosts under which everybody gets a name, a page or a mailbox.
constexpr std::string_view kSharedHosts[] = {
    "github.io",    "gitlab.io",       "github.com",        "gitlab.com",       "wordpress.com",
    "blogspot.com", "wixsite.com",     "weebly.com",        "sites.google.com", "google.com",
    "netlify.app",  "vercel.app",      "herokuapp.com",     "pages.dev",        "workers.dev",
    "web.app",      "firebaseapp.com", "azurewebsites.net", "cloudfront.net",   "amazonaws.com",
    "facebook.com", "linkedin.com",    "instagram.com",     "twitter.com",      "x.com",
    "youtube.com",  "webnode.com",     "jimdofree.com",     "squarespace.com",  "myshopify.com",
    "ngrok.io",     "duckdns.org",     "gmail.com",         "googlemail.com",   "yahoo.com",
    "outlook.com",  "hotmail.com",     "live.com",          "msn.com",          "icloud.com",
    "me.com",       "aol.com",         "proton.me",         "protonmail.com",   "web.de",
    "t-online.de",  "freenet.de",      "mail.ru",           "yandex.ru",        "yandex.com",
    "mail.com",     "zoho.com",        "fastmail.com",      "tutanota.com",     "wp.pl",
    "onet.pl",      "seznam.cz",       "libero.it",         "orange.fr",        "laposte.net",
    "163.com",      "qq.com",
};

// Providers of mailboxes that have one name in many countries: gmx.de, yahoo.co.uk.
constexpr std::array<std::string_view, 4> kMailProviders = {"gmx", "yahoo", "hotmail", "outlook"};

// What people write where a name is asked for and they have none, as key_of() spells it.
constexpr std::array<std::string_view, 14> kPlaceholders = {
    "NA",       "NONE", "NULL", "NIL", "UNKNOWN", "UNNAMED",      "NONAME",
    "NOTKNOWN", "TBD",  "TBA",  "TBC", "TEST",    "NOTAVAILABLE", "NOTAPPLICABLE"};

// Labels that countries put before their code, for many to register under: ac.at, edu.pl, co.uk.
constexpr std::array<std::string_view, 14> kSharedLabels = {
    "ac", "edu", "co", "com", "gov", "gv", "org", "net", "or", "sch", "mil", "int", "nom", "ltd"};

template <class List>
bool contains(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// Upper case of ASCII without what stands between words.
std::string key_of(std::string_view typed) {
  std::string key;
  for (const char c : typed) {
    if (c >= 'a' && c <= 'z') key += static_cast<char>(c - 'a' + 'A');
    if (c >= 'A' && c <= 'Z') key += c;
  }
  return key;
}

std::vector<std::string_view> labels_of(std::string_view domain) {
  std::vector<std::string_view> labels;
  while (true) {
    const auto dot = domain.find('.');
    labels.push_back(domain.substr(0, dot));
    if (dot == std::string_view::npos) return labels;
    domain.remove_prefix(dot + 1);
  }
}

bool is_number(std::string_view label) {
  return !label.empty() && std::ranges::all_of(label, [](char c) { return c >= '0' && c <= '9'; });
}

// What stands around a name that was copied from a browser or a letter.
std::optional<std::string> surroundings(std::string_view text) {
  const std::string quoted = in_quotes(text) + " ";
  // Copied addresses are recognized first and single wrong characters last, so that the answer
  // names the whole mistake.
  if (text.find("://") != std::string_view::npos)
    return quoted + "is an address of the web: write its domain alone";
  if (text.find('@') != std::string_view::npos)
    return quoted + "names a user: write the domain alone";
  if (text.find('/') != std::string_view::npos)
    return quoted +
           "has a path: a domain belongs to one institution, a path on it to whoever owns the "
           "domain";

  const bool brackets = text.starts_with('[') || std::ranges::count(text, ':') > 1;
  if (brackets) return quoted + "is an address in numbers: write a domain name";
  if (text.find(':') != std::string_view::npos)
    return quoted + "has a port: write the domain alone";

  if (text.ends_with('.')) return quoted + "ends with a dot: write it without";
  if (std::ranges::any_of(text, [](char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; }))
    return quoted + "has letters beyond ASCII: write the form that the name system knows (xn--…)";
  if (std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; }))
    return quoted + "has capital letters: write it in lower case";
  return std::nullopt;
}

bool is_shared_host(std::string_view text, const std::vector<std::string_view>& labels) {
  for (const auto shared : kSharedHosts) {
    const bool below = text.size() > shared.size() && text.ends_with(shared) &&
                       text[text.size() - shared.size() - 1] == '.';
    if (text == shared || below) return true;
  }
  if (!contains(kMailProviders, labels.front())) return false;
  const bool below_suffix = labels.size() == 3 && contains(kSharedLabels, labels[1]);
  return labels.size() == 2 || below_suffix;
}

// A legal name has a letter or a digit of some script: ASCII's, or what is no mark of punctuation
// beyond it.
bool has_letter(std::string_view name) {
  for (std::size_t at = 0; at < name.size();) {
    const auto point = next_code_point(name, at);
    if (!point) return true;  // find_fault() tells what this is
    const bool ascii = (*point >= '0' && *point <= '9') || (*point >= 'A' && *point <= 'Z') ||
                       (*point >= 'a' && *point <= 'z');
    const bool punctuation =
        (*point >= 0x2000 && *point < 0x2C00) || (*point >= 0x3000 && *point < 0x3005);
    if (ascii || (*point >= 0xC0 && !punctuation)) return true;
  }
  return false;
}

std::optional<std::string> placeholder_problem(const std::string& name) {
  // key_of() drops digits and what is beyond ASCII, which are part of a name ("Test 1").
  const bool plain = std::ranges::none_of(name, [](char c) {
    return (static_cast<unsigned char>(c) & 0x80) != 0 || (c >= '0' && c <= '9');
  });
  if (has_letter(name) && !(plain && contains(kPlaceholders, key_of(name)))) return std::nullopt;
  return in_quotes(name) + " is no name of an institution, and would stay on the ledger";
}

}  // namespace

bool is_assigned_country(std::string_view code) {
  return code == "XK" || contains(kCountries, code);
}

std::optional<std::string> meant_country(std::string_view typed) {
  if (is_assigned_country(typed)) return std::nullopt;
  const std::string key = key_of(typed);
  for (const auto& [other, code] : kOtherSpellings) {
    if (key == other) return std::string(code);
  }
  if (key.size() == 2 && is_assigned_country(key)) return key;
  return std::nullopt;
}

std::optional<std::string> domain_problem(std::string_view text) {
  if (const auto fault = find_fault(text)) return "holds " + to_text(*fault);
  if (auto around = surroundings(text)) return around;
  const std::string name = "\"" + std::string(text) + "\" ";
  if (!tx::is_domain(text)) return name + "is no domain name: write one like university.example";

  const auto labels = labels_of(text);
  if (is_number(labels.back())) return name + "is an address in numbers: write a domain name";
  if (contains(kClosedNames, labels.back()))
    return name + "is a name of one machine or of a closed network, which nobody else reaches";
  if (labels.size() == 2 && labels.back().size() == 2 && contains(kSharedLabels, labels.front()))
    return name + "is a suffix under which many register, and no institution's own";
  if (is_shared_host(text, labels))
    return name + "is a host that many share: write a domain of the institution's own";

  // One institution would have two domains, of which the ledger knows no more than that they
  // differ.
  if (labels.size() > 2 && labels.front() == "www")
    return name + "is a machine of a domain: write " + std::string(text.substr(4));
  return std::nullopt;
}

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

// ror.org, "ROR identifier pattern": Crockford's base 32, then ISO 7064 MOD 97-10 over the number.
// Lower case, as its register writes it: the ledger takes another case for another number.
bool is_ror(std::string_view text) {
  constexpr std::string_view kLetters = "0123456789abcdefghjkmnpqrstvwxyz";
  if (text.size() != 9 || text.front() != '0' || !all_digits(text.substr(7))) return false;
  std::uint64_t number = 0;
  for (const char c : text.substr(0, 7)) {
    const auto value = kLetters.find(c);
    if (value == std::string_view::npos) return false;
    number = number * 32 + value;
  }
  const auto check =
      static_cast<std::uint64_t>(text[7] - '0') * 10 + static_cast<std::uint64_t>(text[8] - '0');
  return 98 - (number * 100) % 97 == check;
}

// ISO 17442: 18 letters or digits and two check digits, by ISO 7064 MOD 97-10: 02 to 98, so that
// 00, 01 and 99 are other spellings of 97, 98 and 02.
bool is_lei(std::string_view text) {
  if (text.size() != 20 || !all_digits(text.substr(18))) return false;
  const auto check = text.substr(18);
  if (check < "02" || check > "98") return false;
  unsigned rest = 0;
  for (const char c : text) {
    if (!is_digit(c) && !is_upper(c)) return false;
    rest = is_digit(c) ? (rest * 10 + static_cast<unsigned>(c - '0')) % 97
                       : (rest * 100 + static_cast<unsigned>(c - 'A') + 10) % 97;
  }
  return rest == 1;
}

// A part of an institution has the institution's identifier, a dot and a number.
bool is_eter(std::string_view text) {
  if (text.size() < 6 || !is_upper(text[0]) || !is_upper(text[1])) return false;
  const auto rest = text.substr(6);
  return all_digits(text.substr(2, 4)) &&
         (rest.empty() ||
          (rest.front() == '.' && all_digits(rest.substr(1)) && rest.substr(1).front() != '0'));
}

constexpr std::string_view kDeqarPrefix = "DEQARINST";
constexpr std::size_t kDeqarDigits = 4;

// At least four digits, and zeros before a longer number belong to nobody.
bool is_deqar(std::string_view text) {
  if (!text.starts_with(kDeqarPrefix)) return false;
  const auto digits = text.substr(kDeqarPrefix.size());
  return digits.size() >= kDeqarDigits && all_digits(digits) &&
         (digits.size() == kDeqarDigits || digits.front() != '0');
}

std::string in_case(std::string_view text, bool upper) {
  std::string changed(text);
  for (char& c : changed) {
    if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!upper && is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  return changed;
}

std::string one_ror(std::string_view typed) {
  const std::string text = in_case(typed, false);
  for (const std::string_view before : {"https://ror.org/", "http://ror.org/", "ror.org/"}) {
    if (text.starts_with(before)) return text.substr(before.size());
  }
  return text;
}

std::string one_eter(std::string_view typed) {
  std::string text = in_case(typed, true);
  const auto dot = text.find('.');
  if (dot == std::string::npos) return text;
  while (text.size() > dot + 2 && text[dot + 1] == '0') text.erase(dot + 1, 1);
  return text;
}

// The register prints an LEI in groups of four at times.
std::string one_lei(std::string_view typed) {
  std::string text = in_case(typed, true);
  std::erase_if(text, [](char c) { return c == ' ' || c == '-'; });
  return text;
}

std::string one_deqar(std::string_view typed) {
  std::string text = in_case(typed, true);
  std::string digits = text.starts_with(kDeqarPrefix) ? text.substr(kDeqarPrefix.size()) : text;
  if (!all_digits(digits)) return text;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (digits.size() < kDeqarDigits) digits.insert(0, kDeqarDigits - digits.size(), '0');
  return std::string(kDeqarPrefix) + digits;
}

struct Register {
  std::string_view field;
  bool (*is_one)(std::string_view);                     // in its one spelling
  std::string (*one_spelling)(std::string_view typed);  // of what can be read as one
  std::string_view form;
};
constexpr Register kRegisters[] = {
    {"ror", is_ror, one_ror, "the nine characters behind https://ror.org/, as 05gq02987"},
    {"eter", is_eter, one_eter, "a country and four digits, as AT0001"},
    {"lei", is_lei, one_lei, "20 letters and digits, as 529900T8BM49AURSDO55"},
    {"deqar", is_deqar, one_deqar, "DEQARINST and digits, as DEQARINST0034"},
};

}  // namespace

std::string canonical_identifier(std::string_view field, std::string_view typed) {
  const auto text = trimmed(typed);
  for (const auto& each : kRegisters) {
    if (each.field == field) return each.one_spelling(text);
  }
  return std::string(text);
}

std::optional<std::string> identifier_problem(std::string_view field, std::string_view text) {
  if (text.empty()) return std::nullopt;
  for (const auto& each : kRegisters) {
    if (each.field != field || each.is_one(text)) continue;
    const auto meant = canonical_identifier(field, text);
    if (each.is_one(meant))
      return in_quotes(text) + " is another spelling of " + meant + ": write " + meant +
             ", because on the ledger each spelling would be a number of its own";
    return in_quotes(text) + " is no identifier of this register, or has a wrong letter: write " +
           std::string(each.form);
  }
  return std::nullopt;
}

namespace {

std::optional<std::string> name_problem(const tx::LocalizedText& name) {
  if (const auto fault = find_fault(name.text))
    return "\"" + name.language + "\" holds " + to_text(*fault);
  if (auto problem = language_problem(name.language)) return problem;
  if (auto problem = placeholder_problem(name.text)) return problem;
  return std::nullopt;
}

std::optional<std::string> country_problem(const std::string& country) {
  if (country.empty() || is_assigned_country(country)) return std::nullopt;
  const auto meant = meant_country(country);
  return country + ": " +
         (meant ? "ISO 3166-1 says " + *meant : "no country of ISO 3166-1 has this code");
}

}  // namespace

std::optional<MeaningProblem> meaning_problem(const tx::InstitutionFacts& facts,
                                              const tx::InstitutionFacts& standing) {
  for (const auto& name : facts.legal_names) {
    if (std::ranges::find(standing.legal_names, name) != standing.legal_names.end()) continue;
    if (auto problem = name_problem(name)) return MeaningProblem{"legal_names", *problem};
  }

  if (facts.country != standing.country) {
    if (auto problem = country_problem(facts.country)) return MeaningProblem{"country", *problem};
  }

  struct Identifier {
    std::string_view field;
    const std::string &now, &then;
  };
  const Identifier identifiers[] = {{"ror", facts.ror, standing.ror},
                                    {"eter", facts.eter, standing.eter},
                                    {"lei", facts.lei, standing.lei},
                                    {"deqar", facts.deqar, standing.deqar}};
  for (const auto& [field, now, then] : identifiers) {
    if (now == then) continue;
    if (auto problem = identifier_problem(field, now))
      return MeaningProblem{std::string(field), *problem};
  }

  // What is missing is a matter of form.
  if (facts.domain.empty() || facts.domain == standing.domain) return std::nullopt;
  if (auto problem = domain_problem(facts.domain)) return MeaningProblem{"domain", *problem};
  return std::nullopt;
}

}  // namespace testamur::ledger
