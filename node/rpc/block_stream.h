// StreamBlocks: blocks from a height on, from their encoded bytes, then each new one.
//
// The strand only says that there is a new head; a block is read and taken apart in a turn of the
// workers, when the caller has taken the one before. Thread-safe.
#pragma once

#include <map>

#include "node/rpc/out_stream.h"
#include "node/rpc/services/services.h"
#include "testamur/v1/ledger_service.pb.h"

namespace testamur::node {

// Tells streams that wait at the head of a new one: one listener for all.
class BlockFeed {
 public:
  explicit BlockFeed(Chain& chain);
  ~BlockFeed();
  std::uint64_t add(std::shared_ptr<StreamLink> stream);
  void remove(std::uint64_t number);

 private:
  struct Shared {
    std::mutex mutex;
    std::map<std::uint64_t, std::shared_ptr<StreamLink>> streams;
    std::uint64_t next = 1;
  };
  Chain& chain_;
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::uint64_t listener_ = 0;
};

grpc::ServerWriteReactor<v1::StreamBlocksResponse>* stream_blocks(
    ServiceContext& context, BlockFeed& feed, grpc::CallbackServerContext* call,
    const v1::StreamBlocksRequest* request);

}  // namespace testamur::node
