#include "wallet/keystore/bip39.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/shared.h"
#include "tests/wallet/mutations.h"

namespace testamur::wallet {

TEST_CASE("the BIP-39 vectors pass") {
  const auto path = test::shared_file("vectors/bip39/vectors.json");
  if (!path) return;
  const auto file = nlohmann::json::parse(test::read_file(*path));

  std::size_t count = 0;
  for (const auto& vector : file.at("english")) {
    const Bytes entropy = *from_hex(vector.at(0).get<std::string>());
    const auto words = vector.at(1).get<std::string>();
    CHECK(words_from_entropy(entropy).text() == words);
    CHECK(equal(entropy_from_words(words).value().view(), entropy));
    CHECK(to_hex(seed_from_entropy(entropy, "TREZOR").view()) == vector.at(2).get<std::string>());
    ++count;
  }

  CHECK(count >= 24);
}

TEST_CASE("the word list is that of BIP-39: sorted, and told apart by four letters") {
  const auto& words = recovery_word_list();
  CHECK(words.front() == "abandon");
  CHECK(words.back() == "zoo");
  CHECK(std::ranges::is_sorted(words));
  for (std::size_t i = 1; i < words.size(); ++i)
    CHECK(words[i].substr(0, 4) != words[i - 1].substr(0, 4));
}

TEST_CASE("words are read in any case, with any white space, and by four letters") {
  const Bytes entropy(32, 0x7f);
  const SecretBytes words = words_from_entropy(entropy);

  std::string typed = "\n  ";
  for (const char c : words.text()) {
    typed += static_cast<char>(std::toupper(c));
    if (c == ' ') typed += "\t ";
  }
  CHECK(equal(entropy_from_words(typed).value().view(), entropy));

  std::string shortened;
  std::size_t letters = 0;
  for (const char c : words.text()) {
    letters = c == ' ' ? 0 : letters + 1;
    if (letters <= 4) shortened += c;
  }

  CHECK(equal(entropy_from_words(shortened).value().view(), entropy));
}

TEST_CASE("a mistyped word is named by its place, and never printed") {
  const auto typed = entropy_from_words(
      "abandon abandom abandon abandon abandon abandon abandon abandon abandon abandon abandon "
      "about");
  REQUIRE_FALSE(typed.ok());
  CHECK(typed.message() == "word 2 of 12 is not a recovery word: compare it with your paper");
}

TEST_CASE("words are read as people carry them") {
  const auto entropy = make_recovery_entropy();
  const auto words = words_from_entropy(entropy.view());

  std::string numbered, commas, lines, quoted = "\xef\xbb\xbf[", spaces;
  int number = 0;
  std::istringstream in{std::string(words.text())};
  for (std::string word; in >> word;) {
    ++number;
    numbered += std::to_string(number) + ". " + word + " ";
    commas += (number == 1 ? "" : ", ") + word;
    lines += std::to_string(number) + ")" + word + "\r\n";
    quoted += "\"" + word + "\",";
    spaces += word + "\u00A0";
  }

  for (const auto& text : {numbered, commas, lines, quoted.substr(0, quoted.size() - 1), spaces}) {
    const auto read = entropy_from_words(
        text.starts_with("\xef\xbb\xbf[") ? "\xef\xbb\xbf" + text.substr(4) : text);
    INFO(read.message());
    REQUIRE(read.ok());
    CHECK(equal(read->view(), entropy.view()));
  }
}

// Two columns are read across and were written down: the numbers say it.
TEST_CASE("where each word has a number, the numbers say the order") {
  const auto entropy = make_recovery_entropy();
  const auto words = words_from_entropy(entropy.view());
  std::vector<std::string> list;
  std::istringstream in{std::string(words.text())};
  for (std::string word; in >> word;) list.push_back(word);
  REQUIRE(list.size() == 24);

  std::string columns, backwards, marked = "\xef\xbb\xbf";
  for (int i = 0; i < 12; ++i)
    columns += std::to_string(i + 1) + ". " + list[i] + "    " + std::to_string(i + 13) + ". " +
               list[i + 12] + "\n";
  for (int i = 23; i >= 0; --i) backwards += std::to_string(i + 1) + ":" + list[i] + "\n";
  for (const auto& word : list) marked += "| " + word + " |\n- ";
  for (const auto& text : {columns, backwards, marked}) {
    const auto read = entropy_from_words(text);
    INFO(read.message());
    REQUIRE(read.ok());
    CHECK(equal(read->view(), entropy.view()));
  }

  CHECK(entropy_from_words(std::string("a\0b\0", 4)).message().find("UTF-16") != std::string::npos);
}

TEST_CASE("a wrong count and a wrong order are told apart") {
  CHECK(entropy_from_words("abandon about").message() ==
        "there are 2 words; recovery words are 24 (or 12, 15, 18, 21)");
  CHECK_FALSE(entropy_from_words("").ok());
  const auto swapped = entropy_from_words(
      "about abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
      "abandon");
  CHECK(swapped.message() ==
        "the words do not belong together: one of them is wrong, or their order is");
}

TEST_CASE("fresh entropy gives 24 words, and never the same") {
  const auto a = make_recovery_entropy();
  const auto b = make_recovery_entropy();
  CHECK_FALSE(equal(a.view(), b.view()));
  const auto words = words_from_entropy(a.view());
  CHECK(std::ranges::count(words.text(), ' ') == 23);
}

TEST_CASE("damaged words never crash the reader") {
  const auto words = words_from_entropy(Bytes(32, 9));
  test::for_each_mutation(words.view(), 1000,
                          [](ByteView damaged) { (void)entropy_from_words(as_text(damaged)); });
}

TEST_CASE("some of the words are asked back, each once, and only those are right") {
  const auto words = words_from_entropy(make_recovery_entropy().view());
  std::set<std::vector<std::size_t>> seen;
  for (int i = 0; i < 50; ++i) {
    const auto places = some_word_places(3);
    seen.insert(places);
    REQUIRE(places.size() == 3);
    CHECK((places[0] >= 1 && places[0] < places[1] && places[1] < places[2] && places[2] <= 24));
  }
  CHECK(seen.size() > 10);

  const std::string all =
      "abandon ability able about above absent absorb abstract absurd abuse access accident "
      "account accuse achieve acid acoustic acquire across act action actor actress actual";
  const std::vector<std::size_t> places{2, 5, 24};
  CHECK(are_words_at(all, places, "ability above actual"));
  CHECK(are_words_at(all, places, " ABIL, abov; actu\n"));
  CHECK_FALSE(are_words_at(all, places, "ability actual above"));
  CHECK_FALSE(are_words_at(all, places, "ability above"));
  CHECK_FALSE(are_words_at(all, places, "ability above actual act"));
  CHECK_FALSE(are_words_at(all, places, ""));
}

}  // namespace testamur::wallet
