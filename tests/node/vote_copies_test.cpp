// A consensus key beside votes that are not all of its own: an earlier copy of the vote store, of
// the whole data directory, or another one. Each is whole and of the right key, so that only what
// lies beside it tells; and no restart of an honest node may look like one.
#include <chrono>
#include <filesystem>

#include "consensus/values/codec.h"
#include "files/durable_file.h"
#include "files/key_file.h"
#include "node/chain/journal_reach.h"
#include "node/main/preflight.h"
#include "node/main/restore.h"
#include "node/rpc/admin_client.h"
#include "node/store/vote_store.h"
#include "node/validator/node_keys.h"
#include "node/validator/vote_note.h"
#include "node/validator/vote_note_writer.h"
#include "tests/node/running_nodes.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace fs = std::filesystem;

// A ledger of one node, whose data directory is moved about while it is stopped.
struct OneNode {
  RunningNodes nodes{1};
  AchievementId achievement = nodes.publish(0, 0);
  std::uint64_t issued = 0;

  NodeConfig& config() { return nodes.at(0).config; }
  fs::path journal() { return journal_directory(config().data_dir); }
  void issue() {
    const auto outcome = nodes.commit(0, nodes.batch(0, achievement, issued, 4));
    REQUIRE(outcome.state == Outcome::State::kCommitted);
    issued += 4;
  }
  std::optional<QuarantineReason> quarantine_of() {
    const auto key = read_key_file(config().consensus_key, KeyPurpose::kConsensus);
    const auto files = make_posix_file_system();
    return *quarantine(*files, journal().string(),
                       *ConsensusPublicKey::from(key->public_key().bytes));
  }
  fs::path keep(const fs::path& folder, const std::string& name) {
    const auto copy = config().file.parent_path() / name;
    fs::copy(folder, copy, fs::copy_options::recursive);
    return copy;
  }
  static void put_back(const fs::path& copy, const fs::path& folder) {
    fs::remove_all(folder);
    fs::copy(copy, folder, fs::copy_options::recursive);
  }
};

// The notes that check-config gives of the votes of a node that is stopped.
std::string notes_of(OneNode& one) {
  SystemClock clock;
  const auto found = preflight_all(one.config(), clock);
  INFO(found.status().message());
  CHECK(found.ok());
  std::string all;
  for (const auto& note : found.notes) {
    if (note.find("quarantine") != std::string::npos) all += note + "\n";
  }
  return all;
}

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

TEST_CASE("an honest node votes again after every restart", "[vote-copies]") {
  OneNode one;
  for (int times = 0; times < 3; ++times) {
    one.issue();
    one.nodes.stop(0);
    CHECK(notes_of(one).empty());
    one.nodes.start(0);
    CHECK(one.quarantine_of() == std::nullopt);
  }
  one.issue();
}

TEST_CASE("a vote store that is older than the ledger beside it begins in quarantine",
          "[vote-copies]") {
  OneNode one;
  one.nodes.stop(0);
  const auto old = one.keep(one.journal(), "old-journal");
  one.nodes.start(0);
  one.issue();
  one.nodes.stop(0);

  // What lies beside the key would tell as well: without it the ledger alone does.
  fs::remove(vote_note_of(one.config().consensus_key));
  OneNode::put_back(old, one.journal());
  CHECK(has(notes_of(one), "are older than the ledger in "));
  one.nodes.start(0);
  CHECK(one.quarantine_of() == QuarantineReason::kBehindStore);

  // It lasts until it is ended, and begins no second time.
  one.nodes.stop(0);
  CHECK(has(notes_of(one), "this node is in quarantine: the vote store is older"));
  one.nodes.start(0);
  CHECK(one.quarantine_of() == QuarantineReason::kBehindStore);
  one.nodes.at(0).node->chain().resume_voting();
  one.issue();
  one.nodes.stop(0);
  one.nodes.start(0);
  CHECK(one.quarantine_of() == std::nullopt);
  one.issue();
}

TEST_CASE("an earlier copy of all data begins in quarantine", "[vote-copies]") {
  OneNode one;
  one.nodes.stop(0);
  const auto old = one.keep(one.config().data_dir, "old-data");
  one.nodes.start(0);
  one.issue();
  one.nodes.stop(0);

  OneNode::put_back(old, one.config().data_dir);
  CHECK(has(notes_of(one), "are an earlier copy: they end with group "));
  CHECK(one.quarantine_of() == std::nullopt);
  one.nodes.start(0);
  CHECK(one.quarantine_of() == QuarantineReason::kOlderCopy);
}

// Issues until the running node has noted more groups than these.
VoteNote issue_until_noted(OneNode& one, std::uint64_t groups) {
  const auto file = vote_note_of(one.config().consensus_key);
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  for (;;) {
    one.issue();
    const auto note = read_vote_note(file);
    INFO(note.message());
    REQUIRE((note.ok() && note->has_value()));
    if ((*note)->groups > groups) return **note;
    REQUIRE(std::chrono::steady_clock::now() < until);
  }
}

// What was noted at the start is older than a copy that was made since: a node that was killed had
// its copy back, voted at once, and signed a second time.
TEST_CASE("an earlier copy of all data begins in quarantine after a crash as well",
          "[vote-copies]") {
  OneNode one;
  one.issue();
  one.nodes.stop(0);
  const auto old = one.keep(one.config().data_dir, "old-data");
  one.nodes.start(0);
  const auto file = vote_note_of(one.config().consensus_key);
  const auto at_start = (*read_vote_note(file))->groups;

  // A crash leaves what had been noted by then; no stop writes it anew.
  const auto noted = issue_until_noted(one, at_start);
  one.nodes.stop(0);
  REQUIRE(write_vote_note(file, noted).ok());

  SECTION("the data that are there vote on") {
    CHECK(notes_of(one).empty());
    one.nodes.start(0);
    CHECK(one.quarantine_of() == std::nullopt);
    one.issue();
  }
  SECTION("an earlier copy does not") {
    OneNode::put_back(old, one.config().data_dir);
    CHECK(has(notes_of(one), "are an earlier copy: they end with group "));
    one.nodes.start(0);
    CHECK(one.quarantine_of() == QuarantineReason::kOlderCopy);
  }
}

// Else a power cut of all nodes at once would leave a ledger of nodes in quarantine.
TEST_CASE("the note beside a key never says more than the journal holds, at any moment",
          "[vote-copies]") {
  OneNode one;
  std::uint64_t groups = (*read_vote_note(vote_note_of(one.config().consensus_key)))->groups;
  for (int times = 0; times < 2; ++times) {
    groups = issue_until_noted(one, groups).groups;
    // As a crash in this moment would leave it: the note first, then the journal.
    const auto crashed = one.keep(one.journal(), "crashed-" + std::to_string(times));
    JournalContents contents;
    const auto held =
        Journal::check(*make_posix_file_system(), crashed.string(), {}, collect_records(contents));
    INFO(held.message());
    REQUIRE(held.ok());
    CHECK(*held >= groups);
  }
}

TEST_CASE("a folder of keys that cannot be written stops no vote, and is told as long as it lasts",
          "[vote-copies]") {
  OneNode one;
  auto files = make_posix_file_system();
  NodeKeys keys(*files, one.config());
  one.nodes.stop(0);
  const auto file = vote_note_of(one.config().consensus_key);
  fs::remove(file);
  // Also root cannot write a file where a folder is.
  fs::create_directory(file);
  fs::create_directory(file / "taken");
  auto log = Log::silent();
  VoteNoteWriter writer(keys, *log, [] { return std::optional<std::uint64_t>(); });
  writer.write(7);
  CHECK(has(keys.votes_not_noted(), file.string()));
  fs::remove_all(file);
  writer.write(8);
  CHECK(keys.votes_not_noted().empty());
  CHECK((*read_vote_note(file))->groups == 8);
  // One that was asked for before it is not written over it.
  writer.write(7);
  CHECK((*read_vote_note(file))->groups == 8);
}

TEST_CASE("a slip in node.data_dir costs nothing until it has voted, and then a quarantine",
          "[vote-copies]") {
  OneNode one;
  one.nodes.stop(0);
  const auto right = one.config().data_dir;
  const auto slip = right.parent_path() / "date";

  one.config().data_dir = slip;
  one.nodes.start(0);
  CHECK(one.quarantine_of() == QuarantineReason::kNoVoteStore);
  one.nodes.stop(0);
  one.config().data_dir = right;
  one.nodes.start(0);
  CHECK(one.quarantine_of() == std::nullopt);
  one.nodes.stop(0);

  one.config().data_dir = slip;
  one.nodes.start(0);
  one.nodes.at(0).node->chain().resume_voting();
  one.nodes.publish(0, 0);
  one.nodes.stop(0);
  one.config().data_dir = right;
  one.nodes.start(0);
  CHECK(one.quarantine_of() == QuarantineReason::kOlderCopy);
}

// It signed other blocks at heights that were final, and nobody was told.
TEST_CASE("a node that votes alone signs anew only from the height that its operator names",
          "[vote-copies]") {
  OneNode one;
  const auto folder = (one.config().file.parent_path() / "backup").string();
  const auto& socket = one.config().api.admin_socket;
  const auto backup = admin_backup(socket.string(), folder);
  REQUIRE(backup.ok());
  one.issue();
  one.nodes.stop(0);
  fs::rename(one.config().data_dir, one.config().data_dir.string() + ".lost");
  const auto restored = restore_node(one.config(), folder);
  INFO(restored.message());
  REQUIRE(restored.ok());
  CHECK(restored->votes_alone);
  CHECK(restored->height >= Height{backup->height});

  one.nodes.start(0);
  const auto next = restored->height.next();
  const auto number = std::to_string(next.value);
  for (const auto& said :
       {std::optional<Height>{}, std::optional(restored->height), std::optional(next.next())}) {
    const auto refused = admin_resume_voting(socket.string(), said);
    INFO(refused.message());
    CHECK_FALSE(refused.ok());
    CHECK(refused.message().find(" " + number) != std::string::npos);
  }
  const auto asked = admin_resume_voting(socket.string(), std::nullopt).message();
  CHECK(asked.find("--sign-from " + number) != std::string::npos);
  CHECK(asked.find("with another vote store") != std::string::npos);
  CHECK(one.quarantine_of() == QuarantineReason::kRestored);

  const auto resumed = admin_resume_voting(socket.string(), next);
  INFO(resumed.message());
  REQUIRE(resumed.ok());
  CHECK(*resumed == next);
  one.issued = 0;
  one.issue();
}

// It printed that the node votes again, and the quarantine of a key that came later was over
// before.
TEST_CASE("a node without a consensus key resumes no vote, and keeps the quarantine of its keys",
          "[vote-copies]") {
  OneNode one;
  one.nodes.stop(0);
  const auto key = one.config().consensus_key;
  const auto files = make_posix_file_system();
  const auto flag = [&] { return *is_quarantined(*files, one.journal().string()); };
  REQUIRE(begin_quarantine(*files, one.journal().string(), QuarantineReason::kOwnVoteSeen).ok());

  one.config().consensus_key.clear();
  one.nodes.start(0);
  const auto& socket = one.config().api.admin_socket;
  const auto next = one.nodes.at(0).node->chain().head()->header.height.next();
  for (const auto& said : {std::optional<Height>{}, std::optional(next)}) {
    const auto refused = admin_resume_voting(socket.string(), said);
    CHECK_FALSE(refused.ok());
    CHECK(has(refused.message(), "this node has no consensus key"));
  }
  // Nor by any other way to the chain.
  one.nodes.at(0).node->chain().resume_voting();
  one.nodes.stop(0);
  CHECK(flag());

  one.config().consensus_key = key;
  CHECK(one.quarantine_of() == QuarantineReason::kOwnVoteSeen);
  CHECK(has(notes_of(one), "this node is in quarantine"));
  one.nodes.start(0);
  CHECK(one.quarantine_of() == QuarantineReason::kOwnVoteSeen);

  // With its key the command ends it, once.
  const auto resumed = admin_resume_voting(socket.string(), next);
  INFO(resumed.message());
  REQUIRE(resumed.ok());
  one.issue();
  CHECK_FALSE(flag());
  CHECK(has(admin_resume_voting(socket.string(), next).message(), "is in no quarantine"));
}

TEST_CASE("what lies beside a key is read as it was written, and damage is told", "[vote-copies]") {
  TemporaryDirectory directory;
  const auto file = vote_note_of(directory.path() / "consensus.key");
  CHECK_FALSE(read_vote_note(file)->has_value());
  const VoteNote note{random_fixed<JournalId>(), 12, {random_fixed<ConsensusPublicKey>()}};
  REQUIRE(write_vote_note(file, note).ok());
  const auto read = read_vote_note(file);
  INFO(read.message());
  REQUIRE((read.ok() && read->has_value()));
  CHECK((*read)->journal == note.journal);
  CHECK((*read)->groups == 12);
  CHECK((*read)->keys == note.keys);

  CHECK_FALSE(contradicts(note, note.keys[0], note.journal, 12));
  CHECK_FALSE(contradicts(note, note.keys[0], note.journal, 13));
  CHECK(contradicts(note, note.keys[0], note.journal, 11));
  CHECK(contradicts(note, note.keys[0], random_fixed<JournalId>(), 99));
  // Of another key it says nothing.
  CHECK_FALSE(contradicts(note, random_fixed<ConsensusPublicKey>(), random_fixed<JournalId>(), 0));

  const auto text = *read_text(file);
  for (const auto& broken : {text.substr(0, text.size() / 2), text + "more 1\n", std::string()}) {
    REQUIRE(write_file(file, as_bytes(broken), true).ok());
    CHECK(read_vote_note(file).message().find("is damaged") != std::string::npos);
  }
}

}  // namespace
}  // namespace testamur::node
