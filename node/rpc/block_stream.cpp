#include "node/rpc/block_stream.h"

#include "node/chain/block_body.h"

namespace testamur::node {

BlockFeed::BlockFeed(Chain& chain) : chain_(chain) {
  listener_ = chain_.listen([shared = shared_](const HeadPtr&) {
    const std::lock_guard lock(shared->mutex);
    for (const auto& [number, stream] : shared->streams) stream->wake();
  });
}

BlockFeed::~BlockFeed() { chain_.unlisten(listener_); }

std::uint64_t BlockFeed::add(std::shared_ptr<StreamLink> stream) {
  const std::lock_guard lock(shared_->mutex);
  shared_->streams.emplace(shared_->next, std::move(stream));
  return shared_->next++;
}

void BlockFeed::remove(std::uint64_t number) {
  const std::lock_guard lock(shared_->mutex);
  shared_->streams.erase(number);
}

namespace {

class BlockStream final : public OutStream<v1::StreamBlocksResponse> {
 public:
  BlockStream(ServiceContext& context, BlockFeed& feed, grpc::CallbackServerContext& call,
              const v1::StreamBlocksRequest& request)
      : OutStream(context.calls, call),
        context_(context),
        feed_(feed),
        next_(Height{request.from_height()}),
        with_transactions_(request.with_transactions()),
        stop_at_head_(request.stop_at_head()) {
    // Who is refused a place pays nothing.
    auto status = parts_.gate.hold(caller_, Held::kStreams, 1, place_);
    if (status.ok()) status = enter(request, cost_of("LedgerService", "StreamBlocks").calls);

    // A refused stream is started as well, because gRPC ends a call only through its reactor.
    connect();
    number_ = feed_.add(link_);
    start(status);
  }
  ~BlockStream() override { feed_.remove(number_); }

 private:
  // Each reads a whole block, also where little of it is sent.
  std::size_t at_once() const override { return 1; }
  Step next(v1::StreamBlocksResponse& message, grpc::Status& status) override {
    const auto reader = context_.reader();
    if (next_ > reader.head().header.height) return stop_at_head_ ? Step::kEnd : Step::kWait;

    const auto body = reader.state().body(next_);
    if (!body || !reader.fill_checkpoint(next_, *message.mutable_checkpoint())) {
      status =
          not_found("from_height", "this node does not hold block " + std::to_string(next_.value));
      return Step::kEnd;
    }
    if (const auto parts = split_body(*body); parts.ok()) {
      message.set_transaction_count(static_cast<std::uint32_t>(parts->size()));
      if (with_transactions_) {
        for (auto part : *parts) put(*message.add_transactions(), part);
      }
    }
    next_ = next_.next();
    return Step::kMessage;
  }

  ServiceContext& context_;
  BlockFeed& feed_;
  std::uint64_t number_ = 0;
  Height next_;
  const bool with_transactions_, stop_at_head_;
};

}  // namespace

grpc::ServerWriteReactor<v1::StreamBlocksResponse>* stream_blocks(
    ServiceContext& context, BlockFeed& feed, grpc::CallbackServerContext* call,
    const v1::StreamBlocksRequest* request) {
  lower_priority_of_this_thread();
  return new BlockStream(context, feed, *call, *request);
}

}  // namespace testamur::node
