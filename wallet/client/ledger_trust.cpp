// Nothing that a node or the folder says is taken before it is proven from the genesis record on: a
// set change by the set before it, a checkpoint by the set of its epoch, a later log by its
// consistency with the one that is known. `current_`, where it is set, names a member of
// `ledgers_`.
#include "wallet/client/ledger_trust.h"

#include <algorithm>
#include <filesystem>

#include "common/check.h"
#include "ledger/proofs/merkle.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxRecordBytes = 64u << 20;
constexpr std::size_t kMaxChainTextBytes = 256;
constexpr std::uint32_t kChangesAtOnce = 100;
constexpr std::uint64_t kWaitMs = 10'000;  // for another program that writes

LedgerFailure failure(const char* name, std::string message) {
  return {name, std::move(message) + " [" + name + "]"};
}
LedgerFailure unreachable(const CallError& cause) { return {"unreachable", cause.message}; }

// The record that a node says is its ledger's.
struct Fetched {
  std::optional<ledger::Genesis> genesis;
  LedgerOutcome failure;
};
Fetched fetch_genesis(Client& client, const ChainId& chain) {
  auto answer = client.genesis_record();
  if (auto* cause = std::get_if<CallError>(&answer)) return {std::nullopt, unreachable(*cause)};

  auto genesis = ledger::decode_genesis(std::get<Bytes>(answer));
  if (!genesis.ok()) {
    return {std::nullopt, failure("forged_genesis",
                                  "the node's genesis record does not hold: " + genesis.message())};
  }

  if (genesis->chain != chain) {
    return {std::nullopt,
            failure("forged_genesis", "the node's genesis record is of " + to_text(genesis->chain) +
                                          ", and it says to serve " + to_text(chain))};
  }

  return {std::move(genesis).value(), std::nullopt};
}

Bytes encode_changes(const std::vector<ledger::SetChange>& changes) {
  Encoder out;
  out.u32(static_cast<std::uint32_t>(changes.size()));
  for (const auto& change : changes) {
    Encoder one;
    ledger::encode(one, change);
    out.sized(one.bytes());
  }
  return out.take();
}

std::optional<std::vector<ledger::SetChange>> decode_changes(ByteView bytes) {
  Decoder in(bytes);
  std::vector<ledger::SetChange> changes;
  for (auto left = in.u32(); left > 0 && in.ok(); --left) {
    Decoder one(in.sized(ledger::Checkpoint::kMaxEncodedSize + 4096));
    auto change = ledger::decode_set_change(one);
    if (!change || !one.finished()) return std::nullopt;
    changes.push_back(std::move(*change));
  }
  if (!in.finished()) return std::nullopt;
  return changes;
}

// Whether it is the block that follows from the record itself, in every field. The record of a
// recovery does not hold the state that it goes on from, so that there the registry's root alone is
// not fixed by it.
bool is_first_block(const ledger::Genesis& genesis, const ledger::Header& header) {
  const auto& continues = genesis.content.continues;
  if (!continues) return header == ledger::build_genesis_state(genesis).header;

  const auto set = ledger::genesis_set(genesis.content);
  if (!set.ok()) return false;
  const auto& last = continues->last.header;

  ledger::Header first;
  first.protocol_version = genesis.content.protocol_version;
  first.chain = genesis.chain;
  first.epoch = ledger::genesis_epoch(genesis);
  first.height = last.height.next();
  first.parent = ledger::block_id(last);
  first.time_ms = genesis.content.time_ms;
  first.payload_digest = ledger::merkle::empty_root();
  first.roots = last.roots;
  first.roots.registry_root = header.roots.registry_root;
  first.validator_set = set->digest();
  first.parameters = last.parameters;
  return header == first;
}

std::string where(const ledger::Header& header) {
  return "block " + std::to_string(header.height.value) + " (" +
         ledger::block_id(header).hex().substr(0, 16) + "…)";
}

// Final blocks of one height are one block, or two histories were certified.
LedgerOutcome check_same(const ledger::Header& known, const ledger::Header& header) {
  if (known.height != header.height || ledger::block_id(known) == ledger::block_id(header))
    return std::nullopt;
  return failure("fork", "two histories were certified: " + where(header) + " and " + where(known));
}

// Whether the log of a later checkpoint begins with that of an earlier one.
LedgerOutcome check_log(Client& client, const ledger::Header& before, const ledger::Header& after) {
  const auto& old_roots = before.roots;
  const auto& new_roots = after.roots;
  const auto forked = [&](const char* why) {
    return failure("fork", "two histories were certified: " + where(after) + " does not follow " +
                               where(before) + ": " + why);
  };

  if (new_roots.log_size < old_roots.log_size) return forked("its log is shorter");
  if (new_roots.log_size == old_roots.log_size) {
    if (new_roots.log_root != old_roots.log_root) return forked("its log is another");
    return std::nullopt;
  }

  // Every log begins with the empty one: there is nothing to prove, and no proof to ask for.
  if (old_roots.log_size == 0) return std::nullopt;

  auto answer = client.consistency(old_roots.log_size, new_roots.log_size);
  if (auto* cause = std::get_if<CallError>(&answer)) return unreachable(*cause);
  const auto& path = std::get<std::optional<ledger::merkle::Path>>(answer);

  if (!path) return forked("the proof is malformed");
  if (!ledger::merkle::verify_consistency(old_roots.log_size, new_roots.log_size, *path,
                                          old_roots.log_root, new_roots.log_root)) {
    return forked("its log does not contain the earlier one");
  }

  return std::nullopt;
}

LedgerFailure foreign(const ChainId& served, const ChainId& trusted) {
  return failure("other_ledger", "the node serves another ledger, " + to_text(served) +
                                     ", than this home trusts, " + to_text(trusted) +
                                     ": use another --home for it. If the trusted one was a trial "
                                     "(testamurd --dev), let it go: testamur ledger forget " +
                                     to_text(trusted));
}

LedgerFailure not_accepted(const ledger::Genesis& recovery) {
  const auto& continues = *recovery.content.continues;
  std::string names;
  for (const auto& signatory : ledger::signatories(recovery)) {
    if (signatory.has_signed()) names += (names.empty() ? "" : ", ") + signatory.name;
  }
  return failure("recovery_not_accepted",
                 "the ledger " + to_text(continues.chain()) + " lost its keys and goes on as " +
                     to_text(recovery.chain) + " after " + where(continues.last.header) +
                     ", signed by " + names +
                     ". If the institutions have announced this, say --accept-recovery " +
                     to_text(recovery.chain));
}

// A record alone is a ledger that was followed nowhere, and an empty folder is none: so the record
// goes last. The newest block goes first, for it may be of an epoch that only the changes prove. So
// what is there is read at every step.
LedgerOutcome remove_ledger(const std::string& folder) {
  auto files = list_folder(folder);
  if (!files.ok()) return failure("ledger_folder", files.message());
  std::ranges::stable_partition(
      *files, [&](const std::string& file) { return file == folder + "/newest.bin"; });

  const std::string record = folder + "/genesis.bin";
  for (const auto& file : *files) {
    if (file == record) continue;
    if (const auto removed = remove_file(file); !removed.ok())
      return failure("ledger_folder", removed.message());
  }
  if (const auto removed = remove_file(record); !removed.ok())
    return failure("ledger_folder", removed.message());

  std::error_code problem;
  fs::remove(folder, problem);
  if (problem)
    return failure("ledger_folder", "cannot remove " + folder + ": " + problem.message());
  return std::nullopt;
}

Error names_no_ledger(const std::string& folder) {
  return error(
      folder +
      "/current names no ledger of this folder: restore it, or remove the folder to choose "
      "again whom to trust");
}

}  // namespace

Result<std::optional<ChainId>> ledger_trusted_in(const std::string& folder) {
  const std::string file = folder + "/current";
  if (!is_there(file)) return std::optional<ChainId>{};
  const auto text = read_file(file, kMaxChainTextBytes);
  if (!text.ok()) return names_no_ledger(folder);
  const auto chain = parse_chain_id(as_text(*text));
  if (!chain.ok()) return names_no_ledger(folder);
  return std::optional(*chain);
}

Height floor_of(const LedgerTrust& trust) {
  const auto* ledger = trust.current();
  if (ledger == nullptr) return Height{0};
  if (ledger->newest) return ledger->newest->header.height;
  const auto& continues = ledger->genesis.content.continues;
  return continues ? continues->last.header.height : Height{0};
}

LedgerOutcome LedgerTrust::load() {
  // Only a home without the folder trusts nobody yet: one that cannot be read has chosen.
  if (!is_there(folder_)) return std::nullopt;
  const auto entries = list_folder(folder_);
  if (!entries.ok()) return failure("ledger_folder", entries.message());
  for (const auto& entry : *entries) {
    if (!is_folder(entry)) continue;

    // What was cut off before the first file of a ledger was written, or after the last was
    // removed.
    const auto files = list_folder(entry);
    if (files.ok() && files->empty()) continue;
    if (auto problem = load_one(fs::path(entry).filename().string())) return problem;
  }
  const auto chain = ledger_trusted_in(folder_);
  if (!chain.ok()) return failure("ledger_folder", chain.message());
  if (*chain && !ledgers_.contains(**chain))
    return failure("ledger_folder", names_no_ledger(folder_).message);
  current_ = *chain;
  return std::nullopt;
}

LedgerOutcome LedgerTrust::load_one(const std::string& name) {
  const std::string folder = folder_ + "/" + name + "/";
  const auto damaged = [&](const std::string& what) {
    return failure("ledger_folder",
                   folder + what + ": remove " + folder + " to choose again whom to trust");
  };

  auto record = read_file(folder + "genesis.bin", kMaxRecordBytes);
  if (!record.ok()) return damaged("genesis.bin cannot be read (" + record.message() + ")");
  auto genesis = ledger::decode_genesis(*record);
  if (!genesis.ok() || to_text(genesis->chain) != name)
    return damaged("genesis.bin is not the record of this ledger");

  TrustedLedger ledger{*genesis, ledger::make_light_client(*genesis), {}, {}};
  if (is_there(folder + "changes.bin")) {
    auto bytes = read_file(folder + "changes.bin", kMaxRecordBytes);
    auto changes = bytes.ok() ? decode_changes(*bytes) : std::nullopt;
    if (!changes) return damaged("changes.bin is damaged");
    // Each set is proven by the one before it, so the changes are followed in their order.
    for (auto& change : *changes) {
      if (auto status = ledger.client.follow(change); !status.ok())
        return damaged("changes.bin: " + status.message());
      ledger.changes.push_back(std::move(change));
    }
  }
  if (is_there(folder + "newest.bin")) {
    auto bytes = read_file(folder + "newest.bin", ledger::Checkpoint::kMaxEncodedSize);
    auto newest = bytes.ok() ? ledger::decode_checkpoint(*bytes)
                             : Result<ledger::Checkpoint>(bytes.failure());
    // Under the set of its epoch, which is known only now that the changes were followed.
    if (!newest.ok() || !ledger.client.verify(*newest).ok())
      return damaged("newest.bin is damaged");
    ledger.newest = std::move(newest).value();
  }

  stored_.insert(genesis->chain);
  ledgers_.emplace(genesis->chain, std::move(ledger));
  return std::nullopt;
}

const TrustedLedger* LedgerTrust::current() const { return current_ ? find(*current_) : nullptr; }

const TrustedLedger* LedgerTrust::find(const ChainId& chain) const {
  const auto found = ledgers_.find(chain);
  return found == ledgers_.end() ? nullptr : &found->second;
}

const TrustedLedger* LedgerTrust::find(const Reference& reference) const {
  for (const auto& [chain, ledger] : ledgers_) {
    if (reference.is_of_chain(chain)) return &ledger;
  }
  return nullptr;
}

ChainId LedgerTrust::successor(ChainId chain) const {
  for (std::size_t steps = 0; steps < ledgers_.size(); ++steps) {
    const auto next = std::ranges::find_if(ledgers_, [&](const auto& entry) {
      const auto& continues = entry.second.genesis.content.continues;
      return continues && continues->chain() == chain;
    });
    if (next == ledgers_.end()) break;
    chain = next->first;
  }
  return chain;
}

std::vector<const TrustedLedger*> LedgerTrust::history(const ChainId& chain) const {
  std::vector<const TrustedLedger*> ledgers;
  const auto* ledger = find(chain);
  while (ledger != nullptr && ledgers.size() < ledgers_.size()) {
    ledgers.push_back(ledger);
    const auto& continues = ledger->genesis.content.continues;
    ledger = continues ? find(continues->chain()) : nullptr;
  }
  return ledgers;
}

LedgerOutcome LedgerTrust::forget(const ChainId& chain) {
  TM_CHECK(find(chain) != nullptr && successor(chain) == chain, to_text(chain));
  const auto lock = hold("ledger forget");
  if (!lock.ok()) return failure("ledger_folder", lock.message());
  if (auto problem = check_unchanged(std::nullopt)) return problem;

  // Nothing may be followed that is there in part only: first the home follows nobody.
  if (current_ == chain) {
    const auto removed = remove_file(folder_ + "/current");
    if (!removed.ok()) return failure("ledger_folder", removed.message());
    current_.reset();
  }

  std::vector<ChainId> leaving;
  for (const auto* ledger : history(chain)) leaving.push_back(ledger->genesis.chain);
  for (const auto& each : leaving) {
    if (auto problem = remove_ledger(folder_ + "/" + to_text(each))) return problem;
    ledgers_.erase(each);
  }
  return std::nullopt;
}

Result<HomeLock> LedgerTrust::hold(const std::string& doing) const {
  return HomeLock::take(folder_, doing, kWaitMs, nullptr);
}

// Precondition: the folder is held. `wanted` may have been chosen by another program too.
LedgerOutcome LedgerTrust::check_unchanged(const std::optional<ChainId>& wanted) const {
  const auto there = read_file(folder_ + "/current", kMaxChainTextBytes);
  const std::string before = current_ ? to_text(*current_) : "";
  const std::string now = there.ok() ? std::string(as_text(*there)) : "";
  if (now == before || (wanted && now == to_text(*wanted))) return std::nullopt;
  return failure("ledger_folder",
                 "another command has changed meanwhile which ledger this home trusts: " +
                     (now.empty() ? "none now" : now) + ". Nothing was changed; ask again");
}

LedgerOutcome LedgerTrust::save(const TrustedLedger& ledger) {
  const auto lock = hold("following a ledger");
  if (!lock.ok()) return failure("ledger_folder", lock.message());
  return write(ledger);
}

// Precondition: the folder is held. What another program has written since it was read stays, and
// what another has removed is not made anew.
LedgerOutcome LedgerTrust::write(const TrustedLedger& ledger) {
  const auto& chain = ledger.genesis.chain;
  const std::string folder = folder_ + "/" + to_text(chain) + "/";
  if (stored_.contains(chain) && !is_there(folder + "genesis.bin")) {
    return failure("ledger_folder", "another command has let the ledger " + to_text(chain) +
                                        " go meanwhile (ledger forget): nothing of it was kept");
  }

  const auto there = read_file(folder + "newest.bin", ledger::Checkpoint::kMaxEncodedSize);
  const auto newest =
      there.ok() ? ledger::decode_checkpoint(*there) : Result<ledger::Checkpoint>(there.failure());
  if (newest.ok() && ledger.newest) {
    const auto& known = newest->header;
    const auto& header = ledger.newest->header;
    if (known.height > header.height) return std::nullopt;
    if (auto problem = check_same(known, header)) return problem;
  }

  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem)
    return failure("ledger_folder", "cannot create " + folder + ": " + problem.message());

  const auto put = [&](const char* name, ByteView bytes) {
    return write_file_atomically(folder + name, bytes, Overwrite::kAllowed);
  };

  auto status = put("genesis.bin", ledger::encode(ledger.genesis));
  if (status.ok() && !ledger.changes.empty())
    status = put("changes.bin", encode_changes(ledger.changes));
  if (status.ok() && ledger.newest) status = put("newest.bin", ledger::encode(*ledger.newest));

  if (!status.ok()) return failure("ledger_folder", status.message());
  stored_.insert(chain);
  return std::nullopt;
}

LedgerOutcome LedgerTrust::write_current() const {
  auto status = write_file_atomically(folder_ + "/current", as_bytes(to_text(*current_)),
                                      Overwrite::kAllowed);
  if (!status.ok()) return failure("ledger_folder", status.message());
  return std::nullopt;
}

LedgerOutcome LedgerTrust::adopt(const ledger::Genesis& genesis) {
  const auto lock = hold("trusting a ledger");
  if (!lock.ok()) return failure("ledger_folder", lock.message());
  if (auto problem = check_unchanged(genesis.chain)) return problem;

  auto [added, is_new] = ledgers_.try_emplace(
      genesis.chain, TrustedLedger{genesis, ledger::make_light_client(genesis), {}, {}});
  if (auto problem = write(added->second)) return problem;
  current_ = genesis.chain;
  return write_current();
}

LedgerOutcome LedgerTrust::adopt_first(const ledger::Genesis& genesis,
                                       const std::optional<ChainId>& accepted) {
  if (expected_ && *expected_ != genesis.chain) {
    const auto& continues = genesis.content.continues;
    if (!continues || continues->chain() != *expected_) return foreign(genesis.chain, *expected_);
    if (accepted != genesis.chain) return not_accepted(genesis);
  }
  is_first_ = true;
  return adopt(genesis);
}

LedgerOutcome LedgerTrust::accept(const ledger::Genesis& recovery,
                                  const std::optional<ChainId>& accepted) {
  const auto& old = *current();
  const auto& continues = recovery.content.continues;
  if (!continues || continues->chain() != old.genesis.chain)
    return foreign(recovery.chain, old.genesis.chain);

  if (auto status = ledger::verify_continuation(recovery, old.client); !status.ok()) {
    return failure("forged_recovery", status.message());
  }

  // What was acknowledged stays: a recovery from an earlier block would undo it, whoever signed it
  // (decision 0961).
  const auto& last = continues->last.header;
  if (old.newest && old.newest->header.height > last.height) {
    return failure("recovery_cuts_off",
                   "the recovery goes on after " + where(last) + ", and " +
                       where(old.newest->header) +
                       " was final: it would undo what was acknowledged. Ask the institutions; to "
                       "follow it nevertheless begin with a fresh --home");
  }

  if (old.newest && old.newest->header.height == last.height &&
      ledger::block_id(old.newest->header) != ledger::block_id(last)) {
    return failure("fork", "the recovery goes on after " + where(last) + ", and " +
                               where(old.newest->header) + " was final");
  }

  // That the keys are really lost is a fact outside the ledger; only a person can say so.
  if (accepted != recovery.chain) return not_accepted(recovery);
  return adopt(recovery);
}

LedgerOutcome LedgerTrust::trust(const ledger::Genesis& genesis,
                                 const std::optional<ChainId>& accepted) {
  if (!current_) return adopt_first(genesis, accepted);
  if (*current_ == genesis.chain) return std::nullopt;
  return accept(genesis, accepted);
}

LedgerOutcome LedgerTrust::follow(Client& client, const std::optional<ChainId>& accepted) {
  auto status = client.status();
  if (auto* cause = std::get_if<CallError>(&status)) return unreachable(*cause);

  const auto chain = std::get<StatusAnswer>(status).chain;
  if (!chain) return failure("forged_genesis", "the node names no ledger");

  if (current_ != *chain) {
    auto fetched = fetch_genesis(client, *chain);
    if (fetched.failure) return fetched.failure;
    if (!current_) {
      if (auto problem = adopt_first(*fetched.genesis, accepted)) return problem;
    } else {
      auto& old = ledgers_.at(*current_);
      // Whether the old ledger ended in this way is judged by its last sets, so they are followed
      // first.
      if (fetched.genesis->content.continues &&
          fetched.genesis->content.continues->chain() == *current_) {
        SetChangesAnswer ignored;
        const auto until = fetched.genesis->content.continues->last.header.epoch;
        if (auto problem = follow_changes(client, old, until, ignored)) return problem;
        if (auto problem = save(old)) return problem;
      }
      if (auto problem = accept(*fetched.genesis, accepted)) return problem;
    }
  }

  return advance(client, ledgers_.at(*current_));
}

LedgerOutcome LedgerTrust::follow_changes(Client& client, TrustedLedger& ledger, Epoch until,
                                          SetChangesAnswer& answer) {
  while (ledger.client.epoch() < until) {
    const auto left = until.value - ledger.client.epoch().value;
    auto called = client.set_changes(
        ledger.client.epoch(),
        static_cast<std::uint32_t>(std::min<std::uint64_t>(left, kChangesAtOnce)));
    if (auto* cause = std::get_if<CallError>(&called)) return unreachable(*cause);

    answer = std::get<SetChangesAnswer>(std::move(called));

    const auto before = ledger.client.epoch();
    for (const auto& bytes : answer.changes) {
      Decoder in(bytes);
      auto change = ledger::decode_set_change(in);
      if (!change || !in.finished())
        return failure("forged_set_change", "a set change of the node is malformed");
      if (auto status = ledger.client.follow(*change); !status.ok()) {
        return failure("forged_set_change",
                       "the node's validator set is not proven: " + status.message());
      }
      ledger.changes.push_back(std::move(*change));
    }

    // Asked again in the same way, a node that brings nothing new would keep this running for ever.
    if (ledger.client.epoch() == before) {
      return failure("forged_set_change",
                     "the node does not show how epoch " + std::to_string(before.value) + " ended");
    }
  }
  return std::nullopt;
}

LedgerOutcome LedgerTrust::advance(Client& client, TrustedLedger& ledger) {
  const auto epoch = ledger.client.epoch();
  const auto newest = ledger.newest;
  auto called = client.set_changes(epoch, 1);
  if (auto* cause = std::get_if<CallError>(&called)) return unreachable(*cause);
  auto answer = std::get<SetChangesAnswer>(std::move(called));
  if (auto problem = follow_changes(client, ledger, answer.epoch, answer)) return problem;
  if (!answer.checkpoint.empty()) {
    auto checkpoint = ledger::decode_checkpoint(answer.checkpoint);
    if (!checkpoint.ok()) return failure("forged_checkpoint", checkpoint.message());
    if (auto problem = take_newest(client, ledger, std::move(checkpoint).value())) return problem;
  }
  // Most commands learn nothing new, and should not need to write to ask.
  const bool same = ledger.client.epoch() == epoch &&
                    ledger.newest.has_value() == newest.has_value() &&
                    (!newest || newest->header.height == ledger.newest->header.height);
  return same ? std::nullopt : save(ledger);
}

LedgerOutcome LedgerTrust::take_newest(Client& client, TrustedLedger& ledger,
                                       ledger::Checkpoint checkpoint) {
  if (auto status = ledger.client.verify(checkpoint); !status.ok()) {
    return failure("forged_checkpoint",
                   "the node's newest block is not proven final: " + status.message());
  }

  if (ledger.newest) {
    const auto& known = ledger.newest->header;
    const auto& header = checkpoint.header;
    if (header.height < known.height) return std::nullopt;  // a node that is behind

    if (auto problem = check_same(known, header)) return problem;

    if (auto problem = check_log(client, known, header)) return problem;
  }

  ledger.newest = std::move(checkpoint);
  return std::nullopt;
}

LedgerOutcome LedgerTrust::verify_checkpoint(const CheckpointAnswer& checkpoint) const {
  const auto* ledger = current();
  if (ledger == nullptr) return std::nullopt;

  // One decoder judges both forms: on disk a checkpoint is one value, in an answer its three parts.
  Encoder bytes;
  const auto& header = checkpoint.header;
  bytes.raw(header).raw(checkpoint.certificate);
  bytes.u16(
      static_cast<std::uint16_t>(std::min<std::size_t>(checkpoint.link_headers.size(), 0xffff)));
  for (const auto& link : checkpoint.link_headers) bytes.sized(link);

  auto decoded_header = ledger::decode_header(header);
  if (!decoded_header.ok())
    return failure("forged_checkpoint", "the answer's block header: " + decoded_header.message());

  // Nobody votes for the first block of a ledger, so it has no certificate: it is what the record
  // says, or another block.
  if (checkpoint.certificate.empty() && is_first_block(ledger->genesis, *decoded_header)) {
    return std::nullopt;
  }

  auto decoded = ledger::decode_checkpoint(bytes.bytes());
  if (!decoded.ok())
    return failure("forged_checkpoint", "the answer's proof of finality: " + decoded.message());

  if (auto status = ledger->client.verify(*decoded); !status.ok()) {
    return failure("forged_checkpoint",
                   "the block of the answer is not proven final: " + status.message());
  }

  return std::nullopt;
}

}  // namespace testamur::wallet
