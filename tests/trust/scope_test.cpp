// Scopes and policies: codes and names, covering and touching, and the bytes that digests use.
#include "trust/scope.h"

#include "tests/support/catch.h"
#include "tests/trust/world.h"
#include "trust/presets.h"

namespace testamur::trust::test {
namespace {

FieldMask field(const std::string& text) { return parse_field(text).value(); }
unsigned count(FieldMask mask) {
  unsigned bits = 0;
  for (unsigned i = 0; i < kFieldCount; ++i) bits += mask.contains(i) ? 1 : 0;
  return bits;
}

TEST_CASE("there are eighty detailed fields in ascending order, and their bits never move") {
  for (unsigned i = 1; i < kFieldCount; ++i) CHECK(field_code(i - 1) < field_code(i));
  CHECK(field_code(0) == "0011");
  CHECK(field_code(42) == "0613");
  CHECK(field_code(79) == "1041");
  CHECK(field("0613") == FieldMask::bit(42));
  // SHA-256 of the eighty codes, one after the other.
  std::string all;
  for (unsigned i = 0; i < kFieldCount; ++i) all += field_code(i);
  CHECK(sha256(as_bytes(all)).hex() ==
        "f27f76644b222b1caea4fdb4b6619f51630fe7e2f39fde98f5dc5382a3733840");
}

TEST_CASE(
    "broad and narrow codes expand; not further defined, not elsewhere classified and "
    "interdisciplinary too") {
  CHECK(count(field("06")) == 3);
  CHECK(count(field("061")) == 3);

  CHECK(field("0610") == field("061"));
  CHECK(field("0719") == field("071"));
  CHECK(field("0700") == field("07"));
  CHECK(field("0799") == field("07"));
  CHECK(field("0788") == field("07"));
  CHECK(field("078") == field("07"));
  CHECK(count(field("07")) == 12);

  CHECK(field("Law") == field("0421"));
  CHECK(field("health and welfare") == field("09"));
  CHECK(field("0613 Software and applications development and analysis") == FieldMask::bit(42));

  for (const char* bad : {"", "6", "0614", "9999", "99", "06133", "astrology"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_field(bad).ok());
  }

  CHECK(to_text(field("06") | field("0541") | field("021")) == "021 0541 06");
}

// "0699" was read as all of 06 in a report, a policy and an achievement, and refused in a grant.
TEST_CASE("a code without a place of its own in the table is no field of what people write") {
  for (unsigned i = 0; i < kFieldCount; ++i)
    CHECK(parse_own_field(field_code(i)).value() == FieldMask::bit(i));
  for (const char* own : {"06", "061", "0421", "Law", "health and welfare",
                          "061 information and communication technologies"}) {
    CAPTURE(own);
    CHECK(parse_own_field(own).value() == field(own));
  }

  for (const char* wide : {"0610", "0619", "0699", "0700", "0788", "078", "070",
                           "0719 Engineering and engineering trades not elsewhere classified"}) {
    CAPTURE(wide);
    CHECK(parse_field(wide).ok());
    CHECK_FALSE(parse_own_field(wide).ok());
  }
  CHECK(parse_own_field("0699").message() ==
        "'0699' has no place of its own in ISCED-F 2013 and would stand for all of 06: write 06 if "
        "that is meant, or the fields that are");
  for (const char* bad : {"", " ", "0614", "astrology"}) CHECK_FALSE(parse_own_field(bad).ok());
}

TEST_CASE("a code may be followed by its own name and by nothing else") {
  // Every code of every level with its name, in any case.
  for (unsigned i = 0; i < kFieldCount; ++i) {
    const std::string code(field_code(i));
    CHECK(field(code + " " + std::string(field_name(i))) == FieldMask::bit(i));
  }
  CHECK(field("061 information and communication technologies") == field("061"));
  CHECK(field("06  Information and Communication Technologies ") == field("06"));
  CHECK(field("04 Business, administration and law") == field("04"));
  CHECK(field("0610 Information and communication technologies not further defined") ==
        field("061"));
  CHECK(field("0719 Engineering and engineering trades not elsewhere classified") == field("071"));
  CHECK(field("0788 Inter-disciplinary programmes and qualifications involving Engineering, "
              "manufacturing and construction") == field("07"));
  CHECK(field("0613 ") == field("0613"));

  // "061 Medicine" was read as informatics: what stood behind a code was not read at all.
  const auto refused = parse_field("061 Medicine");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.message() ==
        "'061' is the code of 'Information and communication technologies' in ISCED-F 2013, not of "
        "'Medicine': write the code alone, or the field that is meant");

  for (const char* bad : {"0610 anything", "0613 Information and communication technologies",
                          "0912 Dental studies", "0421 042", "06 0541", "0610 not further defined",
                          "061 Information and communication technologies not further defined",
                          "0613 Software", "9999 Medicine", "0611\tComputer use"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_field(bad).ok());
  }
}

TEST_CASE("what is nearly a field is answered with the fields that may be meant") {
  const auto refusal = [](std::string_view typed) { return parse_field(typed).message(); };
  const auto says = [&](std::string_view typed, std::string_view part) {
    UNSCOPED_INFO(refusal(typed));
    return refusal(typed).find(part) != std::string::npos;
  };
  CHECK(says("Management", "did you mean '0413 Management and administration'"));
  CHECK(says("lawyer", "ISCED-F 2013"));
  CHECK_FALSE(says("lawyer", "did you mean"));
  CHECK(says("Phisics", "'0533 Physics'"));
  CHECK(says("mathematics", "'0541 Mathematics'") == false);  // it is one
  CHECK(parse_field("mathematics").ok());

  // Of what a stranger's file says the answer stays short.
  CHECK(refusal("and").find("did you mean") == std::string::npos);
  for (const std::string_view common : {"management", "services", "studies", "education "})
    CHECK(refusal(common).size() < 400);
  CHECK_FALSE(says(std::string(10'000, 'a'), "did you mean"));
}

TEST_CASE("award types, purposes and schemes have names and numbers, and neither moves") {
  CHECK(parse_award_type("bachelor").value() == AwardType::kBachelor);
  CHECK(parse_award_type("3").value() == AwardType::kBachelor);
  CHECK(parse_award_type("Microcredential").value() == AwardType::kMicrocredential);
  CHECK(unsigned(parse_award_type("participation").value()) == 11);
  CHECK_FALSE(parse_award_type("12").ok());
  CHECK(parse_purpose("access").value() == Purpose::kAccess);
  CHECK(unsigned(parse_purpose("profession").value()) == 4);
  CHECK(parse_scheme("iso-iec-17024").value() == Scheme::kIso17024);
  CHECK_FALSE(parse_scheme("none").ok());
}

TEST_CASE("a level that does not exist is lacking: nothing covers it but all, and all touches it") {
  Scope scope;
  scope.levels = 0xff;
  ScopePoint point;
  for (const unsigned level : {0U, 9U, 33U, 255U}) {
    CAPTURE(level);
    point.level = static_cast<std::uint8_t>(level);
    CHECK_FALSE(covers(scope, point));
    CHECK(covers(Scope{}, point));
    CHECK(touches(scope, point));
  }
}

TEST_CASE("trust applies only where it covers the whole point") {
  Scope scope;
  ScopePoint point;

  CHECK(covers(scope, point));

  scope.fields = field("06");
  CHECK_FALSE(covers(scope, point));  // what the point lacks needs an absent mask
  point.fields = field("0613");
  CHECK(covers(scope, point));

  point.fields = field("0613") | field("0541");
  CHECK_FALSE(covers(scope, point));
  CHECK(covers(scope, point, bit_of(ScopePart::kFields)));

  scope.fields.reset();
  scope.levels = std::uint8_t{1U << 5};
  point.level = 6;
  CHECK(covers(scope, point));

  point.level = 7;
  CHECK_FALSE(covers(scope, point));

  scope.levels.reset();
  scope.achievements = {{party_id("t"), 1}};
  CHECK_FALSE(covers(scope, point));

  point.achievement = AchievementName{party_id("t"), 1};
  CHECK(covers(scope, point));
}

TEST_CASE(
    "a distrust applies as soon as it touches the point, so that nobody evades it by adding a "
    "field") {
  Scope scope;
  scope.fields = field("06");
  ScopePoint point;

  CHECK(touches(scope, point));
  point.fields = field("0613") | field("0541");
  CHECK(touches(scope, point));

  point.fields = field("0541");
  CHECK_FALSE(touches(scope, point));

  point.fields = field("0613");
  scope.purposes = std::uint8_t{2};
  CHECK(touches(scope, point));
  point.purpose = Purpose::kCredit;
  CHECK_FALSE(touches(scope, point));
}

TEST_CASE("a scope part that is present and empty is refused") {
  Scope scope;
  scope.levels = std::uint8_t{0};
  CHECK(check(scope) == ScopeError::kEmptyPart);
  scope.levels.reset();
  scope.achievements.emplace();
  CHECK(check(scope) == ScopeError::kEmptyPart);
  scope.achievements = {{party_id("a"), 2}, {party_id("a"), 2}};
  CHECK(check(scope) == ScopeError::kAchievementOrder);
  scope.achievements.reset();
  scope.purposes = std::uint8_t{1U << 5};
  CHECK(check(scope) == ScopeError::kUnknownBit);
}

TEST_CASE("the bytes of a scope, a point, a local statement and a policy are pinned") {
  Scope scope;
  scope.fields = field("0613");
  scope.levels = std::uint8_t{0x20};
  scope.purposes = std::uint8_t{1};
  scope.achievements = {{InstitutionId{}, 7}};

  Encoder out;
  encode(out, scope);
  CHECK(to_hex(out.bytes()) ==
        "1b0000000000000000000004000000000020010000000100000000000000000000000000000000"
        "00000007");

  Encoder at;
  ScopePoint point;
  point.fields = field("0613");
  point.level = 6;
  point.award_type = AwardType::kBachelor;

  encode(at, point);
  CHECK(to_hex(at.bytes()) ==
        "00000000000000000000040000000000"
        "06"
        "0008"
        "00"
        "00");

  Statement s;
  s.subject.bytes[15] = 1;
  s.amount = 120;
  s.depth = 2;
  s.valid_from_ms = 256;

  CHECK(local_statement_id(Hash256{}, s).hex() ==
        "07941c8bc17a4a6ef806bff63adda708197c4763450fa5f4ea1ba4d1251a6c14");
  CHECK(digest(Policy{}).hex() ==
        "b808b36985888c09889e904bc43b12a40b86777bcee2a833b6dded9b8e272e11");

  Policy joint;
  joint.joint = Joint::kAny;
  CHECK(digest(joint).hex() == "cdec133ff1e27eae6bb7f62c26fcec12ec435f8a79bb279e2853c864e805d030");
}

TEST_CASE("a bad policy is refused by name") {
  CHECK_FALSE(check(Policy{}).has_value());

  Policy p;
  p.threshold = 0;
  CHECK(check(p) == PolicyError::kThreshold);

  p = Policy{};
  p.path_floor = 121;
  CHECK(check(p) == PolicyError::kPathFloor);

  p = Policy{};
  p.ceilings = {60, 120, 30};
  CHECK(check(p) == PolicyError::kCeilings);

  p = Policy{};
  p.vetoers = {party_id("a"), party_id("a")};
  CHECK(check(p) == PolicyError::kVetoers);

  p = Policy{};
  p.veto_quorum = 0;
  CHECK(check(p) == PolicyError::kVetoQuorum);

  p = Policy{};
  p.accreditation.push_back({{}, 0, 0});
  CHECK(check(p) == PolicyError::kRequirement);

  p = Policy{};
  p.local.resize(2);
  p.local[1].kind = Kind::kVoid;
  std::size_t at = 9;
  CHECK(check(p, &at) == PolicyError::kLocalStatement);
  CHECK(at == 1);
}

TEST_CASE("a policy is explained in words") {
  const std::string text = in_words(strict_policy());
  CHECK(text.find("A chain over one friend carries nothing") != std::string::npos);
  CHECK(in_words(accredited_policy())
            .find("For everything an accreditation worth 120 under any scheme") !=
        std::string::npos);
}

}  // namespace
}  // namespace testamur::trust::test
