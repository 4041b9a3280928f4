// The lists are words as bare_word() leaves them; what is compared goes through the same skeleton.
#include "wallet/credential/grades.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <span>

#include "common/text.h"

namespace testamur::wallet {
namespace {

constexpr std::string_view kFailed[] = {"absent",
                                        "abs",
                                        "incomplete",
                                        "withdrawn",
                                        "pending",
                                        "notyet",
                                        "resit",
                                        "didnotattend",
                                        "dnf",
                                        "fx",
                                        "nichterschienen",
                                        "krank",
                                        "entschuldigt",
                                        "passed?",
                                        "seeremarks",
                                        "failed",
                                        "fail",
                                        "notpassed",
                                        "nichtbestanden",
                                        "durchgefallen",
                                        "ungenügend",
                                        "nonadmis",
                                        "échoué",
                                        "ajourné",
                                        "insuffisant",
                                        "nonsuperato",
                                        "insufficiente",
                                        "suspenso",
                                        "nopresentado",
                                        "reprovado",
                                        "onvoldoende",
                                        "nietgeslaagd",
                                        "ikkebestått",
                                        "ejbestået",
                                        "ikkebestået",
                                        "underkänd",
                                        "hylätty",
                                        "nb",
                                        "ne",
                                        "aj",
                                        "ko",
                                        "nonammesso",
                                        "noshow",
                                        "tbd",
                                        "offen",
                                        "inarbeit",
                                        "angemeldet",
                                        "inprogress",
                                        "open",
                                        "nichtausreichend",
                                        "nichtteilgenommen",
                                        "nichtangetreten",
                                        "kaldı",
                                        "başarısız",
                                        "devamsız",
                                        "kaldi",
                                        "başarisiz",
                                        "basarisiz",
                                        "devamsiz",
                                        "girmedi",
                                        "geçemedi",
                                        "nonvalidé",
                                        "refusé",
                                        "refusée",
                                        "défaillant",
                                        "défaillante",
                                        "ajournée",
                                        "nonadmise",
                                        "nonréussi"};

// Each of these is a pass, a rank or no grade at all somewhere.
constexpr std::string_view kDoubtful[] = {
    "f",    "i",  "w",  "x",  "u",          "np",           "ng",       "ns",      "na",
    "nc",   "nr", "nt", "0",  "ff",         "fd",           "dz",       "abi",     "def",
    "e.d.", "gr", "dq", "vf", "mangelhaft", "insuffisante", "yetersiz", "absente", "abwesend"};

// Words that stand in honest remarks too ("passed after a resit"), so that a text which holds one
// is no reason to ask.
constexpr std::string_view kHonestInTexts[] = {
    "pending",   "offen", "open", "resit", "krank", "absent",     "abs",
    "withdrawn", "ko",    "ne",   "aj",    "nb",    "angemeldet", "entschuldigt"};

using Words = std::set<std::string, std::less<>>;

Words bare(std::span<const std::string_view> list) {
  Words words;
  for (const auto each : list) words.insert(bare_word(each));
  return words;
}

// A class has thousands of rows, and each of the words one spelling: it is made once.
const Words& failed_words() {
  static const Words kWords = bare(kFailed);
  return kWords;
}
const Words& doubtful_words() {
  static const Words kWords = bare(kDoubtful);
  return kWords;
}
const Words& honest_words() {
  static const Words kWords = bare(kHonestInTexts);
  return kWords;
}

// "35", "7,5", "7.5"; nothing for anything else.
std::optional<double> number_in(std::string_view text) {
  std::string digits(trimmed(text));
  std::ranges::replace(digits, ',', '.');
  double value = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool is_whole = end == digits.data() + digits.size();
  return failed == std::errc{} && is_whole && value >= 0 ? std::optional(value) : std::nullopt;
}

// "35%", "8/20": less than half of all.
bool is_below_half(std::string_view grade) {
  const auto text = trimmed(grade);
  if (text.ends_with('%')) {
    const auto value = number_in(text.substr(0, text.size() - 1));
    return value && *value < 50;
  }
  const auto stroke = text.find('/');
  if (stroke == std::string_view::npos) return false;
  const auto value = number_in(text.substr(0, stroke));
  const auto all = number_in(text.substr(stroke + 1));
  return value && all && *value * 2 < *all;
}

// From 1.0 to 5.0 by thirds: 5.0 is the failure. Who grades by halves, or has a 6, counts upwards.
bool is_german(double grade) {
  constexpr std::array kGerman = {1.0, 1.3, 1.7, 2.0, 2.3, 2.7, 3.0, 3.3, 3.7, 4.0, 4.3, 4.7, 5.0};
  return std::ranges::any_of(
      kGerman, [grade](double each) { return grade > each - 0.01 && grade < each + 0.01; });
}

bool is_german_failure(std::string_view grade, const std::vector<std::string_view>& class_grades) {
  const auto value = number_in(grade);
  if (!value || *value <= 4.01 || !is_german(*value)) return false;
  return std::ranges::all_of(class_grades, [](std::string_view other) {
    const auto number = number_in(other);
    return !number || is_german(*number);
  });
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto begin = text.find_first_not_of(" \t,;:()/!");
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(" \t,;:()/!"), text.size());
    words.push_back(bare_word(text.substr(0, end)));
    text.remove_prefix(end);
  }
  return words;
}

}  // namespace

std::string bare_word(std::string_view text) {
  std::string word;
  for (const char c : skeleton(text)) {
    if (c != '.' && c != '-' && c != '_') word += c;
  }
  return word;
}

bool says_failed(std::string_view grade) { return failed_words().contains(bare_word(grade)); }

bool may_say_failed(std::string_view grade, const std::vector<std::string_view>& class_grades) {
  return doubtful_words().contains(bare_word(grade)) || is_below_half(grade) ||
         is_german_failure(grade, class_grades);
}

bool speaks_of_failure(std::string_view text) {
  const auto words = words_of(text);
  const auto is_meant = [](std::string_view word) {
    return failed_words().contains(word) && !honest_words().contains(word);
  };
  if (words.size() == 1 && failed_words().contains(words.front())) return true;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string phrase;
    for (std::size_t j = i; j < std::min(words.size(), i + 3); ++j) {
      phrase += words[j];
      if (is_meant(phrase)) return true;
    }
  }
  return false;
}

}  // namespace testamur::wallet
