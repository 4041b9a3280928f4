// Explanations: what failed, what is missing, what would change it, and the drawing of it.
#include "trust/explain.h"

#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/shared.h"
#include "tests/trust/world.h"
#include "trust/drawing.h"

namespace testamur::trust::test {
namespace {

class Names {
 public:
  explicit Names(const std::vector<std::string>& names) {
    for (const auto& name : names) by_id_[party_id(name)] = name;
  }
  void add(const std::string& name) { by_id_[party_id(name)] = name; }
  std::string operator()(const InstitutionId& id) const {
    const auto at = by_id_.find(id);
    return at == by_id_.end() ? std::string{} : at->second;
  }

 private:
  std::map<InstitutionId, std::string> by_id_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE(
    "a refusal by amount shows the cut, the deficit and the smallest single statements that help") {
  World w({"s", "a", "b", "t"});
  w.trust("s", "a", 60, 1);
  w.trust("s", "b", 120, 1);
  w.trust("a", "t", 120);

  const Explanation e = explain(w.history, w.query("s", "t"), w.policy);
  CHECK(e.decision.rule == Rule::kAmount);
  CHECK(e.deficit == 60);
  REQUIRE(e.decision.cut.size() == 1);
  CHECK(e.decision.cut[0].truster == party_id("s"));

  bool own = false, friends = false, raise = false;
  for (const Remedy& r : e.remedies) {
    own = own ||
          (r.by == party_id("s") && r.subject == party_id("t") && r.amount == 60 && r.depth == 0);
    raise = raise || (r.by == party_id("s") && r.subject == party_id("a") && r.amount == 120 &&
                      r.depth == 1);
    friends = friends || (r.by == party_id("b") && r.subject == party_id("t") && r.amount == 60);
  }

  CHECK(own);
  CHECK(raise);
  CHECK(friends);

  const std::string text = to_text(e, Names({"s", "a", "b", "t"}));
  CAPTURE(text);
  CHECK(has(text, "60 of 120 needed, 60 are missing"));
  CHECK(has(text, "s trusts t with at least 60, depth 0"));
}

TEST_CASE("every remedy works and one less does not") {
  World w({"s", "a", "b", "t"});
  w.trust("s", "a", 50, 1);
  w.trust("a", "t", 70);
  w.trust("s", "b", 100, 2);

  const Query query = w.query("s", "t");
  const Explanation e = explain(w.history, query, w.policy);
  REQUIRE_FALSE(e.remedies.empty());

  for (const Remedy& r : e.remedies) {
    Query changed = query;
    changed.assume.push_back({r.by, r.subject, r.kind, r.amount, r.depth});
    CHECK(decide(w.history, changed, w.policy).outcome == Outcome::kAccept);

    changed.assume[0].amount = static_cast<std::uint8_t>(r.amount - 1);
    CHECK(decide(w.history, changed, w.policy).outcome == Outcome::kRefuse);
  }
}

TEST_CASE("an acceptance names the statements whose withdrawal alone would turn it") {
  World w({"s", "a", "b", "t"});
  const StatementId first = w.trust("s", "a", 120, 1);
  w.trust("a", "t", 60);
  w.trust("s", "b", 60, 1);
  w.trust("b", "t", 60);
  const Explanation all = explain(w.history, w.query("s", "t"), w.policy);
  CHECK(all.would_flip.size() == 4);
  w.trust("a", "t", 120);
  const Explanation less = explain(w.history, w.query("s", "t"), w.policy);
  REQUIRE(less.would_flip.size() == 2);
  CHECK(less.would_flip[0].statement == first);
}

TEST_CASE("a field that nothing covers is named") {
  World w({"s", "t"});
  Statement s;
  s.amount = 120;
  s.scope.fields = parse_field("061").value();
  w.say("s", "t", s);
  Query query = w.query("s", "t");
  query.point.fields = parse_field("0613").value() | parse_field("0541").value();
  const Explanation e = explain(w.history, query, w.policy);
  CHECK(e.decision.rule == Rule::kAmount);
  REQUIRE(e.uncovered.size() == 1);
  CHECK(e.uncovered[0].part == ScopePart::kFields);
  CHECK(to_text(e.uncovered[0].fields) == "0541");
}

TEST_CASE("a lapsed accreditation is named with its end, and a lost role as such") {
  World w({"s", "t"});
  w.add("agency", true);
  w.policy.accreditation.push_back({});
  w.trust("s", "t");
  w.trust("s", "agency", 120, 1);

  const StatementId given = w.accredit("agency", "t");
  CHECK(w.decide("s", "t").outcome == Outcome::kAccept);

  w.end("agency", "t", given);
  Explanation e = explain(w.history, w.query("s", "t"), w.policy);
  CHECK(e.decision.rule == Rule::kAccreditation);
  REQUIRE(e.lapses.size() == 1);
  CHECK(e.lapses[0].accreditation.statement == given);
  CHECK(e.lapses[0].lapsed_ms == w.now_ms());

  REQUIRE(e.remedies.size() == 1);
  CHECK(e.remedies[0].by == party_id("agency"));
  CHECK(e.remedies[0].kind == Kind::kAccredit);

  w.accredit("agency", "t");
  CHECK(w.decide("s", "t").outcome == Outcome::kAccept);

  w.role("agency", false);
  e = explain(w.history, w.query("s", "t"), w.policy);
  REQUIRE_FALSE(e.lapses.empty());
  CHECK(e.lapses.back().role_lost);
}

TEST_CASE("a block says who blocks and that withdrawing it would help") {
  World w({"s", "t"});
  w.trust("s", "t");
  Statement no;
  no.kind = Kind::kDistrust;
  no.slot = 1;
  const StatementId distrust = w.say("s", "t", no);
  const Explanation e = explain(w.history, w.query("s", "t"), w.policy);
  REQUIRE(e.remedies.size() == 1);
  CHECK(e.remedies[0].kind == Kind::kEnd);
  CHECK(e.remedies[0].statement == distrust);
  CHECK(has(to_text(e, nullptr), "BLOCKED"));
}

TEST_CASE("dates are those of the calendar") {
  CHECK(date_text(0) == "1970-01-01");
  CHECK(date_text(951'782'400'000) == "2000-02-29");
  CHECK(date_text(1'777'852'800'000) == "2026-05-04");
  CHECK(date_text(kOpenEnd) == "open");
}

// The drawings are also written beside the tests, to be looked at.
void write(const std::string& name, const std::string& text) {
  std::ofstream(testamur::test::program_folder() + "/" + name) << text;
}

TEST_CASE("a drawing shows every institution of the paths once, and escapes their names") {
  World w({"Universit\u00e9 <A> & B", "t"});
  Names names({"Universit\u00e9 <A> & B", "t"});

  const std::vector<std::string> friends{"Karlstads universitet",
                                         "Universidad de Granada",
                                         "TU Graz",
                                         "Tallinna Tehnika\u00fclikool",
                                         "University of Galway",
                                         "Politecnico di Bari",
                                         "Uniwersytet Gda\u0144ski",
                                         "Hochschule f\u00fcr Technik und Wirtschaft Berlin"};

  for (std::size_t i = 0; i < friends.size(); ++i) {
    w.add(friends[i]);
    names.add(friends[i]);
    if (i < 4) w.trust("Universit\u00e9 <A> & B", friends[i], 30 + 10 * unsigned(i), 2);
    if (i >= 4) w.trust(friends[i - 4], friends[i], 60, 1);
    if (i % 2 == 0 || i > 5) w.trust(friends[i], "t", 40);
  }

  const Explanation e = explain(w.history, w.query("Universit\u00e9 <A> & B", "t"), w.policy);
  CHECK(e.decision.outcome == Outcome::kAccept);

  const std::string svg = to_svg(e, names);
  CHECK(has(svg, "Universit\u00e9 &lt;A&gt; &amp; B"));
  CHECK(has(svg, "Karlstads universitet"));
  CHECK_FALSE(has(svg, "<A>"));
  CHECK(has(to_dot(e, names), "digraph"));

  write("explanation-10.svg", svg);
}

TEST_CASE("a drawing of two hundred institutions has a row for each") {
  World w({"viewpoint", "issuer"});
  Names names({"viewpoint", "issuer"});

  for (int i = 0; i < 120; ++i) {
    const std::string name = "University of Applied Sciences No. " + std::to_string(i);
    w.add(name);
    names.add(name);
    w.trust("viewpoint", name, 10 + unsigned(i % 7), 2);
    if (i % 3 != 0) w.trust(name, "issuer", 5);
  }

  for (int i = 0; i < 80; ++i) {
    const std::string name = "Institute of Technology No. " + std::to_string(i);
    w.add(name);
    names.add(name);
    w.trust("University of Applied Sciences No. " + std::to_string(3 * (i / 2)), name, 8, 1);
    w.trust(name, "issuer", 10);
  }

  const Explanation e = explain(w.history, w.query("viewpoint", "issuer"), w.policy, {8, 4});
  const std::string svg = to_svg(e, names);

  std::size_t boxes = 0;
  for (auto at = svg.find("<g><title>"); at != std::string::npos;
       at = svg.find("<g><title>", at + 1))
    ++boxes;

  CHECK(boxes > 190);
  write("explanation-200.svg", svg);
}

}  // namespace
}  // namespace testamur::trust::test
