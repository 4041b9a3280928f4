// LogService: checkpoints, and the proofs and entries of the append-only log.
#include <algorithm>

#include "node/chain/block_body.h"
#include "node/rpc/services/services.h"
#include "testamur/v1/log_service.grpc.pb.h"

namespace testamur::node {

namespace {

constexpr std::uint32_t kEntriesLimit = 1'000;
constexpr std::uint32_t kChangesLimit = 100;

const CallCost& cost(std::string_view method) { return cost_of("LogService", method); }

class Service final : public v1::LogService::CallbackService {
 public:
  explicit Service(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetCheckpoint(grpc::CallbackServerContext* call,
                                          const v1::GetCheckpointRequest* request,
                                          v1::GetCheckpointResponse* response) override {
    return unary(
        context_.calls, call, cost("GetCheckpoint"), *request, *response, [=, this](Call&) {
          auto reader = context_.reader();

          auto height =
              request->height() == 0 ? reader.head().header.height : Height{request->height()};

          if (height > reader.head().header.height ||
              !reader.fill_checkpoint(height, *response->mutable_checkpoint())) {
            return not_found("height",
                             "this node holds no finalized block " + std::to_string(height.value));
          }

          // Whoever has the checkpoint must be able to check its certificate: the set of its own
          // epoch.
          auto epoch = Epoch{response->checkpoint().epoch()};
          if (auto set = ledger::validators_of_epoch(reader.state(), epoch)) {
            fill_validators(*set, *response->mutable_checkpoint()->mutable_validators());
          }

          reader.fill(*response->mutable_as_of());
          return grpc::Status(grpc::Status::OK);
        });
  }

  grpc::ServerUnaryReactor* GetInclusionProof(grpc::CallbackServerContext* call,
                                              const v1::GetInclusionProofRequest* request,
                                              v1::GetInclusionProofResponse* response) override {
    return unary(
        context_.calls, call, cost("GetInclusionProof"), *request, *response, [=, this](Call&) {
          auto reader = context_.reader();
          const ledger::Log log(reader.state());

          auto size = request->tree_size() == 0 ? log.size() : request->tree_size();
          if (size > log.size())
            return not_found("tree_size", "the log has " + std::to_string(log.size()) + " entries");

          std::optional<LogIndex> index = LogIndex{request->log_index()};
          if (!request->transaction_id().empty()) {
            auto id = fixed_from<TransactionId>(request->transaction_id());
            if (!id) return invalid_argument("transaction_id", "must be 32 bytes");
            index = log.find(*id);
            if (!index) return not_found("transaction_id", "the log does not hold it");
          }

          auto leaf = index->value < size ? log.leaf(*index) : std::nullopt;
          if (!leaf)
            return not_found("log_index",
                             "lies beyond the tree of " + std::to_string(size) + " entries");

          response->set_log_index(index->value);
          response->set_tree_size(size);
          put(*response->mutable_leaf(), ByteView(ledger::encode(*leaf)));
          for (const auto& hash : log.inclusion(*index, size)) put(*response->add_path(), hash);
          put(*response->mutable_root(), log.root(size));

          // Only of the newest tree a checkpoint certifies the root; others need a consistency
          // proof too.
          if (size == reader.head().header.roots.log_size) {
            reader.fill_checkpoint(reader.head().header.height, *response->mutable_checkpoint());
          }

          reader.fill(*response->mutable_as_of());
          return grpc::Status(grpc::Status::OK);
        });
  }

  grpc::ServerUnaryReactor* GetConsistencyProof(
      grpc::CallbackServerContext* call, const v1::GetConsistencyProofRequest* request,
      v1::GetConsistencyProofResponse* response) override {
    return unary(
        context_.calls, call, cost("GetConsistencyProof"), *request, *response, [=, this](Call&) {
          auto reader = context_.reader();
          const ledger::Log log(reader.state());

          auto size = request->new_size() == 0 ? log.size() : request->new_size();
          if (size > log.size())
            return not_found("new_size", "the log has " + std::to_string(log.size()) + " entries");

          if (request->old_size() > size)
            return invalid_argument("old_size", "is larger than new_size");

          response->set_old_size(request->old_size());
          response->set_new_size(size);
          for (const auto& hash : log.consistency(request->old_size(), size))
            put(*response->add_path(), hash);

          put(*response->mutable_old_root(), log.root(request->old_size()));
          put(*response->mutable_new_root(), log.root(size));
          reader.fill(*response->mutable_as_of());
          return grpc::Status(grpc::Status::OK);
        });
  }

  grpc::ServerUnaryReactor* GetEntries(grpc::CallbackServerContext* call,
                                       const v1::GetEntriesRequest* request,
                                       v1::GetEntriesResponse* response) override {
    return unary(
        context_.calls, call, cost("GetEntries"), *request, *response, [=, this](Call& reactor) {
          auto reader = context_.reader();
          const ledger::Log log(reader.state());
          if (request->count() > kEntriesLimit)
            return over_limit("count", kEntriesLimit, request->count());
          auto size = log.size();
          auto count = request->first() >= size
                           ? 0
                           : std::min<std::uint64_t>(request->count(), size - request->first());
          // A body is read and taken apart once for all of its transactions.
          BodyCache bodies;
          AnswerRoom room;
          std::uint64_t i = 0;
          for (; i < count && !reactor.cancelled(); ++i) {
            auto leaf = log.leaf(LogIndex{request->first() + i});
            if (!leaf) break;
            auto& entry = *response->add_entries();
            entry.set_log_index(leaf->index.value);
            put(*entry.mutable_leaf(), ByteView(ledger::encode(*leaf)));
            if (request->with_transactions()) put_transaction(reader, *leaf, bodies, entry);
            if (room.take(entry)) continue;
            response->mutable_entries()->RemoveLast();
            break;
          }
          response->set_next(request->first() + i);
          response->set_log_size(size);
          reader.fill(*response->mutable_as_of());
          return grpc::Status(grpc::Status::OK);
        });
  }

  grpc::ServerUnaryReactor* GetSetChanges(grpc::CallbackServerContext* call,
                                          const v1::GetSetChangesRequest* request,
                                          v1::GetSetChangesResponse* response) override {
    return unary(
        context_.calls, call, cost("GetSetChanges"), *request, *response, [=, this](Call&) {
          auto reader = context_.reader();

          if (request->limit() > kChangesLimit)
            return over_limit("limit", kChangesLimit, request->limit());
          auto newest = ledger::read_epoch(reader.state());

          Epoch epoch{request->from_epoch()};
          if (epoch > newest) {
            return not_found("from_epoch",
                             "this ledger is in epoch " + std::to_string(newest.value));
          }

          auto left = request->limit() == 0 ? kChangesLimit : request->limit();
          AnswerRoom room;

          for (; epoch < newest && left > 0; epoch = epoch.next(), --left) {
            auto& change = *response->add_changes();
            // An answer with a gap could not be followed by a light client, so there is none.
            if (!put_change(reader, epoch, change)) {
              return not_found("from_epoch", "this node holds no longer how epoch " +
                                                 std::to_string(epoch.value) +
                                                 " ended: ask an archive");
            }

            if (room.take(change)) continue;
            response->mutable_changes()->RemoveLast();
            break;
          }

          // The newest set and checkpoint, so that one answer is enough for whoever is a few epochs
          // behind.
          response->set_epoch(newest.value);
          fill_validators(ledger::read_validators(reader.state()), *response->mutable_validators());
          put_newest_checkpoint(reader, *response->mutable_checkpoint());

          reader.fill(*response->mutable_as_of());
          return grpc::Status(grpc::Status::OK);
        });
  }

 private:
  static bool put_change(const Reader& reader, Epoch epoch, v1::SetChange& out) {
    auto change = set_change(reader.state(), epoch);
    if (!change) return false;
    const auto& header = change->sealing.header;
    out.set_epoch(epoch.value);
    out.set_height(header.height.value);
    out.set_time_ms(header.time_ms);
    Encoder bytes;
    ledger::encode(bytes, *change);
    put(*out.mutable_change(), ByteView(bytes.bytes()));
    return true;
  }

  // Nothing for the genesis, which needs no proof.
  static void put_newest_checkpoint(const Reader& reader, std::string& out) {
    auto height = reader.head().header.height;
    auto header = reader.state().header(height);
    auto proof = reader.state().certificate(height);
    if (!header || !proof || proof->empty()) return;
    put(out, ByteView(*header));
    out.append(proof->begin(), proof->end());
  }

  // The body of the last block that was asked for, and where its transactions begin in the log.
  struct BodyCache {
    std::optional<Height> height;
    Bytes body;
    std::vector<ByteView> parts;
    std::uint64_t first_index = 0;
  };

  static void read_body(const Reader& reader, Height height, BodyCache& cache) {
    cache = {};
    cache.height = height;
    auto body = reader.state().body(height);
    auto parent = height > Height{0} ? reader.state().header(height - 1) : std::nullopt;
    auto header = parent ? ledger::decode_header(*parent) : Result<ledger::Header>(error("none"));
    if (!body || !header.ok()) return;
    cache.body = std::move(*body);
    cache.first_index = header->roots.log_size;
    if (auto parts = split_body(cache.body); parts.ok()) cache.parts = std::move(*parts);
  }

  static void put_transaction(const Reader& reader, const ledger::LogLeaf& leaf, BodyCache& cache,
                              v1::LogEntry& entry) {
    if (cache.height != leaf.height) read_body(reader, leaf.height, cache);
    const auto at = leaf.index.value - cache.first_index;
    if (leaf.index.value >= cache.first_index && at < cache.parts.size())
      put(*entry.mutable_transaction(), cache.parts[at]);
  }

  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_log_service(ServiceContext& context) {
  return std::make_unique<Service>(context);
}

}  // namespace testamur::node
