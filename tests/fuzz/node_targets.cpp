// Decoders of node/: frames of peers, block bodies, the journal and the vote store on disk, files
// that operators write.
#include "common/check.h"
#include "files/party_file.h"
#include "node/chain/block_body.h"
#include "node/config/config.h"
#include "node/net/frame_splitter.h"
#include "node/net/wire.h"
#include "node/store/journal_recovery.h"
#include "tests/fuzz/target.h"
#include "tests/node/store_fixtures.h"
#include "wallet/cli/files/ceremony_files.h"

namespace testamur::fuzz {
namespace {

using namespace node;

// Protobuf has many encodings of one frame; what was read must be written and read again as the
// same.
void peer_frame(ByteView input) {
  const auto decoded = net::decode_wire(input);
  if (!decoded.ok()) return;
  const auto encoded = net::encode_wire(*decoded);
  const auto again = net::decode_wire(ByteView(*encoded).subspan(4));
  law(again.ok(), "an own frame is refused");
  law(*again == *decoded, "a frame changes on its way");
}
std::vector<Bytes> frame_seeds() {
  net::Hello hello;
  hello.epoch = Epoch{3};
  hello.finalization = Bytes(40, 7);
  hello.software = "testamurd/0.1.0";

  const net::WireFrame all[] = {
      hello,
      net::ConsensusMessage{Bytes(90, 1)},
      net::Transactions{{Bytes(30, 1), Bytes(20, 2)}},
      net::BlockRequest{Height{5}, 16},
      net::BlockResponse{
          Height{5}, {{Bytes(9, 1), {}, Bytes(5, 3)}, {Bytes(9, 2), Bytes(3, 1), {}}}, Height{6}},
      net::Ping{1},
      net::Pong{1},
      net::Goodbye{net::GoodbyeReason::kLimit, "too much"}};

  std::vector<Bytes> seeds;
  for (const auto& each : all) {
    // Targets read what follows the length of a frame.
    const auto encoded = net::encode_wire(each);
    seeds.emplace_back(encoded->begin() + 4, encoded->end());
  }
  return seeds;
}

constexpr std::size_t kSmallFrames = 512;

std::vector<Bytes> split(ByteView input, std::size_t piece) {
  net::FrameSplitter splitter(kSmallFrames);
  std::vector<Bytes> frames;
  while (!input.empty() && !splitter.failed()) {
    ByteView part = input.first(std::min(piece, input.size()));
    input = input.subspan(part.size());
    while (const auto frame = splitter.next(part)) frames.push_back(to_bytes(*frame));
    law(splitter.held_bytes() <= kSmallFrames, "more is held than a frame may have");
  }
  return frames;
}

// How a stream is cut into pieces on its way changes nothing.
void frame_stream(ByteView input) {
  const auto whole = split(input, input.size() + 1);
  law(split(input, 1) == whole, "byte by byte gives other frames");
  law(split(input, 7) == whole, "seven at a time give other frames");
}
std::vector<Bytes> stream_seeds() {
  Encoder stream;
  for (const std::size_t size : {1, 5, 512, 60})
    stream.sized(Bytes(size, static_cast<std::uint8_t>(size)));
  return {stream.take(), Encoder{}.sized(Bytes(513, 1)).take(), Bytes{0, 0, 0, 0},
          Bytes{0xff, 0xff, 0xff, 0xff, 1}};
}

void block_body(ByteView input) {
  const auto parts = split_body(input);
  if (!parts.ok()) return;
  Encoder again;
  for (const auto part : *parts) again.sized(part);
  law(equal(again.bytes(), input), "a body has a second encoding");
  (void)decode_body(ChainId{}, input);
}
std::vector<Bytes> body_seeds() {
  return {Encoder{}.sized(Bytes(3, 1)).sized(Bytes(40, 2)).take(),
          Encoder{}.sized(Bytes(1, 9)).take()};
}

constexpr JournalOptions kJournal{.segment_bytes = 16 << 10, .max_group_bytes = 8 << 10};

// A journal whose first segment file begins with these bytes: it is refused with a reason, or it is
// read, and then it is the same after another start, and can go on.
void journal(ByteView input) {
  if (input.size() > kJournal.segment_bytes) return;

  test::FaultyDisk disk;
  auto& files = disk.file_system();
  law(create_vote_store(files, test::kJournalDirectory, test::journal_id(1), test::key_of(1)).ok(),
      "no vote store");
  law(mark_vote_store_used(files, test::kJournalDirectory).ok(), "no vote store");

  {
    const auto path = test::kJournalDirectory + "/" + segment_file_name(1);
    auto file = files.open(path, OpenMode::kCreateNew);
    Bytes whole = to_bytes(input);
    whole.resize(kJournal.segment_bytes);
    law(file.ok() && (*file)->write_at(0, whole).ok() && (*file)->sync().ok(),
        "the disk in memory fails");
  }

  auto first = test::open_journal(files, kJournal);
  if (!first.journal) {
    law(first.failure.find(test::kJournalDirectory) != std::string::npos,
        "the failure names no file");
    return;
  }

  const Bytes record(100, 5);
  const JournalRecord group[] = {{3, record, {}, true}};
  law((*first.journal).append(group).ok(), "a journal that was read cannot go on");
  auto expected = first.records;
  expected.push_back({3, record, true});
  first.journal.reset();

  auto second = test::open_journal(files, kJournal);
  law(second.journal != nullptr, "a journal that was read once is refused the second time");
  law(second.records == expected, "a journal changes from one start to the next");
}

// Written by the journal itself: one, three and twelve groups.
std::vector<Bytes> journal_seeds() {
  std::vector<Bytes> seeds;
  for (const int groups : {0, 1, 3, 12}) {
    test::FaultyDisk disk;
    auto& files = disk.file_system();
    TM_CHECK(create_vote_store(files, test::kJournalDirectory, test::journal_id(1), test::key_of(1))
                 .ok(),
             "no store");

    {
      auto opened = test::open_journal(files, kJournal);
      for (int i = 0; i < groups; ++i) {
        const Bytes bytes(static_cast<std::size_t>(300 * (i % 4) + 20),
                          static_cast<std::uint8_t>(i));
        const JournalRecord group[] = {{2, bytes, {}, false},
                                       {4, ByteView(bytes).first(20), {}, true}};
        TM_CHECK(opened.journal->append(group).ok(), "no journal");
      }
    }

    const auto path = test::kJournalDirectory + "/" + segment_file_name(1);
    Bytes content = groups == 0 ? Bytes(512, 0) : disk.content(path);

    // The rest of a segment file is zeros, which the target puts back.
    while (!content.empty() && content.back() == 0) content.pop_back();
    seeds.push_back(std::move(content));
  }
  return seeds;
}

// Identity and quarantine flag of a vote store, one after the other with a u16 length of the first.
void vote_store(ByteView input) {
  Decoder in(input);
  const auto identity = in.raw(std::min<std::size_t>(in.u16(), input.size()));
  const auto flag =
      in.raw(input.size() < 2 + identity.size() ? 0 : input.size() - 2 - identity.size());

  test::FaultyDisk disk;
  auto& files = disk.file_system();
  law(files.create_directory(test::kJournalDirectory).ok(), "the disk in memory fails");
  law(replace_file(files, test::kJournalDirectory, "identity", identity).ok(),
      "the disk in memory fails");
  law(replace_file(files, test::kJournalDirectory, "quarantine", flag).ok(),
      "the disk in memory fails");

  const auto read = read_vote_store_identity(files, test::kJournalDirectory);
  law(!read.ok() || read->has_value(), "an identity that is there is not seen");

  const auto quarantined = quarantine(files, test::kJournalDirectory, test::key_of(1));
  law(!quarantined.ok() || quarantined->has_value(), "a node votes although a flag is there");
}
std::vector<Bytes> vote_store_seeds() {
  test::FaultyDisk disk;
  auto& files = disk.file_system();
  TM_CHECK(create_vote_store(files, test::kJournalDirectory, test::journal_id(1), test::key_of(1),
                             QuarantineReason::kRestored)
               .ok(),
           "no store");
  const auto identity = disk.content(test::kJournalDirectory + "/identity");
  const auto flag = disk.content(test::kJournalDirectory + "/quarantine");
  return {Encoder{}.u16(static_cast<std::uint16_t>(identity.size())).raw(identity).raw(flag).take(),
          Encoder{}.u16(static_cast<std::uint16_t>(identity.size())).raw(identity).take()};
}

void configuration(ByteView input) { (void)parse_config(as_text(input), "/x/testamurd.toml"); }
std::vector<Bytes> configuration_seeds() {
  return {seed(config_text({})),
          seed("[policy]\npreset = \"strict\"\nthreshold = 60\nceilings = [120, 60, 30]\nvetoers = "
               "[]\n\n"
               "[[policy.accreditation]]\nagencies = []\nfields = [\"06\"]\n"),
          seed("[[peer]]\ninstitution = \"tmi1\"\naddress = \"a:1\"\npin = \"00\"\n[log]\nlevel = "
               "'warn'\n")};
}

void genesis_settings(ByteView input) {
  (void)wallet::parse_genesis_settings(as_text(input), "settings.toml");
}
std::vector<Bytes> settings_seeds() {
  return {seed("time = \"2027-01-15\"\nprotocol_version = 1\n[parameters]\nheartbeat_ms = 1000\n"),
          seed("time = 1800000000000\n")};
}
// What the node writes, the ceremony reads, and what it read the node would write again.
void party_toml(ByteView input) {
  const auto parsed = wallet::parse_ceremony_file(as_text(input), "party.toml");
  if (!parsed.ok() || !parsed->party) return;
  const auto text = party_text({parsed->party->party, parsed->party->validator, "", ""});
  const auto again = wallet::parse_ceremony_file(text, "party.toml");
  law(again.ok() && again->party, "an own party file is refused");
  law(party_text({again->party->party, again->party->validator, "", ""}) == text,
      "a party file changes when it is written");
}
PartyFile sample_party() {
  PartyFile file;
  file.party.institution_class = ledger::tx::InstitutionClass::kValidator;
  file.party.facts.legal_names = {{"de", "Universität \"Gold\""}, {"en", "Golden University"}};
  file.party.facts.country = "AT";
  file.party.facts.domain = "gold.example";

  const auto key = SecretKey::from_bytes(SignatureAlgorithm::kBip340, Bytes(32, 3)).value();
  file.party.keys.push_back({KeyPurpose::kRoot, key.public_key(), {}});
  const auto id = ledger::party_id(file.party);
  auto& root = file.party.keys.front();
  root.possession = key.sign(possession_message(ChainId{}, id, root.purpose, root.key).view());

  file.validator = true;
  file.peer_address = "ledger.gold.example:7600";
  return file;
}
std::vector<Bytes> party_seeds() {
  const auto key = SecretKey::from_bytes(SignatureAlgorithm::kBip340, Bytes(32, 5)).value();
  return {seed(party_text(sample_party())),
          seed(node_keys_text(ChainId{},
                              {{InstitutionId{}, KeyPurpose::kConsensus, key.public_key(), {}}}))};
}

constexpr Target kTargets[] = {
    {"peer-frame", peer_frame, frame_seeds},
    {"frame-stream", frame_stream, stream_seeds},
    {"block-body", block_body, body_seeds},
    {"journal", journal, journal_seeds},
    {"vote-store", vote_store, vote_store_seeds},
    {"configuration", configuration, configuration_seeds},
    {"genesis-settings", genesis_settings, settings_seeds},
    {"party-file", party_toml, party_seeds},
};

}  // namespace

std::span<const Target> targets() { return kTargets; }

}  // namespace testamur::fuzz
