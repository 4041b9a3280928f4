// Which indexes a home may still give: none that may be on its way to the ledger.
#include "wallet/cli/flow/awards/batches.h"

#include <filesystem>

#include "tests/support/catch.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/cli/flow/awards/places_elsewhere.h"
#include "wallet/client/outbox.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

struct Registrar {
  testamur::test::TemporaryFolder folder;
  Context context;

  Registrar() {
    context.home = folder.path().string();
    std::filesystem::create_directories(context.path("issuer"));
  }
  std::uint64_t next(std::uint64_t on_ledger = 1) const {
    const auto next = next_index(context, on_ledger);
    INFO(next.message());
    REQUIRE(next.ok());
    return *next;
  }
  void send(const std::string& batch) const {
    const Outbox outbox(context.path("outbox"));
    const auto id = *TransactionId::from(Bytes(TransactionId::kSize, 7));
    REQUIRE(outbox
                .put({id, Bytes(10, 1),
                      Json{{"command", "issuer batch"}, {"folder", batch_path(context, batch)}}})
                .ok());
  }
};

TEST_CASE("a batch that never came to be gives its indexes back") {
  Registrar registrar;
  REQUIRE(reserve_indexes(registrar.context, "spring", 1, 16).ok());
  CHECK(registrar.next() == 1);
  // … and those that the ledger has used in the meantime stay used.
  CHECK(registrar.next(9) == 9);
}

TEST_CASE(
    "a batch whose folder was deleted by hand keeps its indexes while its transaction is in the "
    "outbox") {
  Registrar registrar;
  REQUIRE(reserve_indexes(registrar.context, "spring", 1, 16).ok());
  registrar.send("spring");
  CHECK(registrar.next() == 17);
}

TEST_CASE("what another batch sent frees nothing and holds nothing of this one") {
  Registrar registrar;
  REQUIRE(reserve_indexes(registrar.context, "spring", 1, 16).ok());
  registrar.send("autumn");
  CHECK(registrar.next() == 1);
}

TEST_CASE("an outbox that cannot be read frees no index") {
  Registrar registrar;
  REQUIRE(reserve_indexes(registrar.context, "spring", 1, 16).ok());
  registrar.send("spring");
  const auto id = to_text(*TransactionId::from(Bytes(TransactionId::kSize, 7)));
  for (const auto& entry : std::filesystem::directory_iterator(registrar.context.path("outbox"))) {
    if (entry.path().extension() != ".json") continue;
    std::filesystem::remove(entry.path());
    std::filesystem::create_directory(entry.path());
  }
  const auto next = next_index(registrar.context, 1);
  CHECK((!next.ok() || *next == 17));
}

// It was read as an empty one: nothing was sent, and the indexes were free again.
TEST_CASE("an outbox that is no folder is an error, and frees no index") {
  Registrar registrar;
  REQUIRE(reserve_indexes(registrar.context, "spring", 1, 16).ok());
  const auto outbox = registrar.context.path("outbox");
  REQUIRE(Outbox(outbox).list().ok());  // absent: nothing was ever sent
  REQUIRE(write_file_atomically(outbox, as_bytes("no folder"), Overwrite::kAllowed).ok());

  const auto entries = Outbox(outbox).list();
  REQUIRE_FALSE(entries.ok());
  CHECK(entries.message().find(outbox) != std::string::npos);
  CHECK_FALSE(next_index(registrar.context, 1).ok());
}

TEST_CASE("a folder of batches that cannot be read is an error, and no home without batches") {
  Registrar registrar;
  REQUIRE(batch_names(registrar.context).ok());
  CHECK(batch_names(registrar.context)->empty());

  const auto batches = registrar.context.path("issuer/batches");
  REQUIRE(write_file_atomically(batches, as_bytes("no folder"), Overwrite::kAllowed).ok());
  const auto names = batch_names(registrar.context);
  REQUIRE_FALSE(names.ok());
  CHECK(names.message().find(batches) != std::string::npos);

  const auto opened = open_batch(registrar.context, "spring", {});
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.failure().exit == ExitCode::kFailure);
}

// They counted as expired: the batch was signed anew while the first might commit.
TEST_CASE("a transaction of a batch that cannot be decoded has not expired") {
  Registrar registrar;
  const auto identity = age::Identity::generate();
  const auto path = batch_path(registrar.context, "spring");
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  auto folder = BatchFolder::create(path, Batch{}, identity.recipient());
  INFO(folder.message());
  REQUIRE(folder.ok());
  REQUIRE(folder->set_transaction({1, 2, 3}).ok());

  Client client(ClientOptions{});
  const auto expired = has_expired(*folder, client);
  REQUIRE_FALSE(expired.ok());
  CHECK(expired.failure().exit == ExitCode::kFailure);
  CHECK(expired.message().starts_with(path + "/batch.age holds a transaction"));
}

}  // namespace
// Only what lay behind the last register counted: one batch more, and the gap before it was gone.
TEST_CASE("every place that is used and in no batch here counts, wherever it lies") {
  using Runs = std::vector<Places>;
  CHECK(places_beside({{1, 48}}, {{1, 16}, {33, 16}}) == Runs{{17, 16}});
  CHECK(places_beside({{1, 48}}, {{33, 16}, {1, 16}}) == Runs{{17, 16}});
  CHECK(places_beside({{1, 16}, {33, 32}}, {{17, 32}}) == Runs{{1, 16}, {49, 16}});
  CHECK(places_beside({{1, 16}}, {}) == Runs{{1, 16}});
  // A batch that was stopped holds its places, and what nobody used is no gap.
  CHECK(places_beside({{1, 16}, {49, 16}}, {{1, 32}, {49, 16}}).empty());
  CHECK(places_beside({}, {{1, 16}}).empty());
  CHECK(places_beside({{10, 10}}, {{8, 4}, {9, 6}, {17, 9}}) == Runs{{15, 2}});
  CHECK(count_of(Runs{{1, 16}, {49, 2}}) == 18);
}

TEST_CASE("places that somebody said to know of are remembered") {
  Registrar registrar;
  CHECK(known_places_elsewhere(registrar.context)->empty());
  const std::vector<Places> places{{17, 16}, {49, 1}};
  REQUIRE(note_places_elsewhere(registrar.context, places).ok());
  CHECK(*known_places_elsewhere(registrar.context) == places);
  CHECK(places_beside({{17, 32}}, places) == std::vector<Places>{{33, 16}});
}

}  // namespace testamur::wallet
