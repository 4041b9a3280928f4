#include "tests/sim/toy_ledger.h"

#include <algorithm>

#include "common/check.h"

namespace testamur::sim {
namespace {

constexpr std::size_t kBlockTransactions = 64;
constexpr std::uint64_t kMaxAheadMs = 10'000;

BlockId id_of(ByteView header) { return BlockId::prefix_of(sha256(header).view()); }

Bytes encode_body(const std::vector<TransactionNumber>& transactions) {
  Encoder out;
  for (const auto transaction : transactions) out.u64(transaction);
  return out.take();
}

std::optional<std::vector<TransactionNumber>> decode_body(const Bytes& body) {
  Decoder in{body};
  std::vector<TransactionNumber> transactions;
  while (in.remaining() >= 8) transactions.push_back(in.u64());
  if (!in.finished()) return std::nullopt;
  return transactions;
}

Hash256 root_after(const Hash256& root, const Bytes& body) {
  return body.empty() ? root : Sha256{}.update(root.view()).update(body).finish();
}

std::uint32_t members_after(const std::vector<TransactionNumber>& transactions) {
  if (transactions.empty() || (transactions.back() & kSetChange) == 0) return 0;
  return static_cast<std::uint32_t>(transactions.back() & 0x7fffffffU);
}

}  // namespace

consensus::ValidatorSet Membership::set_of(std::uint32_t mask) const {
  std::vector<consensus::Validator> chosen;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if ((mask >> i & 1) != 0) chosen.push_back(members[i]);
  }
  return consensus::ValidatorSet::make(std::move(chosen)).value();
}

Bytes encode(const ToyHeader& header) {
  Encoder out;
  out.u64(header.epoch).u64(header.view).u64(header.height).fixed(header.parent).fixed(header.proposer);
  out.u8(header.filler ? 1 : 0).u64(header.time_ms).fixed(header.payload).fixed(header.root).u32(header.next_members);
  return out.take();
}

std::optional<ToyHeader> decode_toy_header(ByteView bytes) {
  Decoder in{bytes};
  ToyHeader header;
  header.epoch = Epoch{in.u64()};
  header.view = View{in.u64()};
  header.height = Height{in.u64()};
  header.parent = in.fixed<BlockId>();
  header.proposer = in.fixed<InstitutionId>();
  header.filler = in.u8() != 0;
  header.time_ms = in.u64();
  header.payload = in.fixed<Hash256>();
  header.root = in.fixed<Hash256>();
  header.next_members = in.u32();
  if (!in.finished()) return std::nullopt;
  return header;
}

ToyLedger::ToyLedger(Membership membership, std::uint32_t genesis_members)
    : membership_(std::move(membership)), genesis_members_(genesis_members) {
  Applied genesis;
  genesis.stored.header = std::make_shared<const Bytes>(encode(genesis.header));
  genesis.stored.body = std::make_shared<const Bytes>();
  genesis.id = id_of(*genesis.stored.header);
  chain_.push_back(std::move(genesis));
}

consensus::HeaderFacts ToyLedger::read_header(const Bytes& bytes) const {
  consensus::HeaderFacts facts;
  facts.id = id_of(bytes);
  const auto header = decode_toy_header(bytes);
  if (!header) return facts;
  facts.well_formed = true;
  facts.epoch = header->epoch;
  facts.view = header->view;
  facts.height = header->height;
  facts.parent = header->parent;
  facts.proposer = header->proposer;
  facts.empty = header->payload == sha256({});
  facts.filler = header->filler;
  facts.sealing = header->next_members != 0 && !header->filler;
  return facts;
}

bool ToyLedger::body_matches(const Bytes& header, const Bytes& body) const {
  const auto decoded = decode_toy_header(header);
  return decoded && decoded->payload == sha256(body);
}

const ToyHeader* ToyLedger::header_of(const BlockId& id) const {
  if (chain_.back().id == id) return &chain_.back().header;
  const auto branch = branches_.find(id);
  return branch == branches_.end() ? nullptr : &branch->second.header;
}

bool ToyLedger::is_used(TransactionNumber transaction, BlockId above) const {
  if (committed_.contains(transaction)) return true;
  for (auto branch = branches_.find(above); branch != branches_.end();
       branch = branches_.find(branch->second.header.parent)) {
    const auto& used = branch->second.transactions;
    if (std::find(used.begin(), used.end(), transaction) != used.end()) return true;
  }
  return false;
}

consensus::BuiltBlock ToyLedger::build(const consensus::BuildRequest& request, const InstitutionId& proposer,
                                       std::uint64_t clock_ms) {
  const ToyHeader* parent = header_of(request.parent);
  TM_CHECK(parent != nullptr, "building on a block without state");
  std::vector<TransactionNumber> chosen;
  const std::size_t room = std::max<std::size_t>(1, kBlockTransactions >> request.halvings);
  for (const auto transaction : pool_) {
    if (request.empty || request.filler || chosen.size() >= room) break;
    if (!is_used(transaction, request.parent)) chosen.push_back(transaction);
    if (members_after(chosen) != 0) break;
  }
  auto body = std::make_shared<const Bytes>(encode_body(chosen));
  ToyHeader header{request.epoch,
                   request.view,
                   request.filler ? parent->height : parent->height.next(),
                   request.parent,
                   proposer,
                   request.filler,
                   std::max(parent->time_ms, clock_ms),
                   sha256(*body),
                   root_after(parent->root, *body),
                   request.filler ? parent->next_members : members_after(chosen)};
  consensus::BuiltBlock built{std::make_shared<const Bytes>(encode(header)), body};
  branches_[id_of(*built.header)] = {header, chosen};
  return built;
}

consensus::Validation ToyLedger::validate(const consensus::BlockPtr& block, std::uint64_t clock_ms) {
  using consensus::Verdict;
  const auto header = decode_toy_header(*block->proposal.header);
  const ToyHeader* parent = header_of(block->facts.parent);
  TM_CHECK(header && parent != nullptr, "validating on a block without state");
  const auto& body = *block->proposal.body;
  if (!body_matches(*block->proposal.header, body)) return {Verdict::kBadCopy, 0};
  const auto transactions = decode_body(body);
  if (!transactions || header->root != root_after(parent->root, body) || header->time_ms < parent->time_ms) {
    return {Verdict::kInvalid, 0};
  }
  if (header->next_members != (header->filler ? parent->next_members : members_after(*transactions))) {
    return {Verdict::kInvalid, 0};
  }
  std::set<TransactionNumber> seen;
  for (const auto transaction : *transactions) {
    if (!seen.insert(transaction).second || is_used(transaction, block->facts.parent)) return {Verdict::kInvalid, 0};
  }
  branches_[block->facts.id] = {*header, *transactions};
  if (header->time_ms > std::max(parent->time_ms, clock_ms + kMaxAheadMs)) {
    return {Verdict::kNotYet, header->time_ms - clock_ms - kMaxAheadMs};  // the node turns this into its engine's clock
  }
  return {Verdict::kValid, 0};
}

void ToyLedger::apply(const consensus::BlockPtr& block) {
  const auto header = decode_toy_header(*block->proposal.header);
  const auto transactions = decode_body(*block->proposal.body);
  const auto& last = chain_.back();
  TM_CHECK(header && transactions && body_matches(*block->proposal.header, *block->proposal.body));
  TM_CHECK(header->parent == last.id, "a committed block does not follow the last one at height", header->height.value);
  TM_CHECK(header->root == root_after(last.header.root, *block->proposal.body),
           "a final block executes to another root");
  for (const auto transaction : *transactions) {
    TM_CHECK(committed_.insert(transaction).second, "a transaction is committed twice:", transaction);
    pool_.erase(transaction);
  }
  branches_.erase(block->facts.id);
  chain_.push_back({block->facts.id, *header, *transactions, {block->proposal.header, block->proposal.body, {}}});
}

void ToyLedger::commit(const consensus::Commit& commit) {
  for (const auto& block : commit.blocks) {
    if (block->facts.height > height()) apply(block);
  }
  auto& last = chain_.at(commit.blocks.back()->facts.height.value);
  TM_CHECK(last.id == commit.blocks.back()->facts.id, "two blocks are final at height", last.header.height.value);
  last.stored.proof = commit.proof;
}

consensus::ValidatorSet ToyLedger::validators_after(const Bytes& header) const {
  return membership_.set_of(decode_toy_header(header)->next_members);
}

void ToyLedger::submit(TransactionNumber transaction) {
  if (!committed_.contains(transaction)) pool_.insert(transaction);
}

std::optional<StoredBlock> ToyLedger::block_at(Height height) const {
  if (height.value == 0 || height.value >= chain_.size()) return std::nullopt;
  return chain_[height.value].stored;
}

consensus::Tip ToyLedger::tip() const {
  const auto& last = chain_.back();
  std::uint32_t members = genesis_members_;
  for (const auto& block : chain_) {
    if (block.header.next_members != 0) members = block.header.next_members;
  }
  const auto facts = read_header(*last.stored.header);
  return {facts.sealing ? facts.epoch.next() : facts.epoch, membership_.set_of(members), facts};
}

Height ToyLedger::sync() {
  synced_ = chain_.size();
  return height();
}

void ToyLedger::crash(Random& random) {
  const std::size_t kept = random.between(synced_, chain_.size());
  while (chain_.size() > kept) {
    for (const auto transaction : chain_.back().transactions) committed_.erase(transaction);
    chain_.pop_back();
  }
  branches_.clear();
  pool_.clear();
}

}  // namespace testamur::sim
