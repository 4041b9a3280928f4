// A slot is used up only while an accreditation in it holds.
#include "wallet/cli/flow/accreditation_slots.h"

#include "tests/support/catch.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kLimit = 3;

trust::StatementId id_of(std::uint8_t number) {
  return trust::StatementId::prefix_of(Bytes(32, number));
}

struct Said {
  StatementsAnswer answer;

  void add(std::uint8_t id, trust::Kind kind, std::uint64_t from_ms, std::uint64_t until_ms,
           std::vector<trust::StatementId> names, std::uint16_t slot = 0) {
    StatementAnswer view;
    view.id = id_of(id);
    view.kind = kind;
    view.slot = slot;
    view.valid_from_ms = from_ms;
    view.valid_until_ms = until_ms;
    view.names = std::move(names);
    answer.statements.push_back(std::move(view));
  }
  void accredit(std::uint8_t id, std::uint16_t slot, std::uint64_t until_ms) {
    add(id, trust::Kind::kAccredit, 1, until_ms, {}, slot);
  }
  std::optional<std::uint16_t> free(std::uint64_t from_ms) const {
    return free_accreditation_slot(answer, from_ms, kLimit);
  }
};

}  // namespace

TEST_CASE("a slot that was never taken comes first") {
  Said said;
  CHECK(said.free(100) == 0);
  said.accredit(1, 0, 50);
  CHECK(said.free(100) == 1);
  said.accredit(2, 1, 0);
  CHECK(said.free(100) == 2);
}

// All 4,096 were used up in the life of an agency, whatever had become of them.
TEST_CASE("where all are taken, one whose accreditations are over is taken again") {
  Said said;
  said.accredit(1, 0, 0);
  said.accredit(2, 1, 50);
  said.accredit(3, 2, 0);
  CHECK(said.free(49) == std::nullopt);
  CHECK(said.free(50) == 1);

  said.accredit(4, 1, 0);  // the slot is taken again, and open
  CHECK(said.free(50) == std::nullopt);

  said.add(5, trust::Kind::kEnd, 70, 0, {id_of(3)});
  CHECK(said.free(69) == std::nullopt);
  CHECK(said.free(70) == 2);

  said.add(6, trust::Kind::kVoid, 80, 0, {id_of(5)});  // the end was annulled
  CHECK(said.free(90) == std::nullopt);
}

TEST_CASE("a statement of recognition takes no slot of an accreditation") {
  Said said;
  said.add(1, trust::Kind::kTrust, 1, 0, {}, 0);
  CHECK(said.free(1) == 0);
}

}  // namespace testamur::wallet
