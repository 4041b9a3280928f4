// A running node, and what callers of its API ask it: every method of every service, with requests
// that are filled field by field with what the ledger holds or nearly holds, while blocks are
// committed and streams are opened, read, left alone and cancelled.
//
// The node is made once a process and goes on from one input to the next, so the ledger grows. The
// input decides every step (steps.h). One thread.
#pragma once

#include <google/protobuf/message.h>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/fuzz/steps.h"
#include "tests/node/api_call.h"
#include "tests/node/running_nodes.h"

namespace testamur::fuzz {

// The node, and all that was ever put into its ledger.
class ApiWorld {
 public:
  static ApiWorld& get();

  node::RunningNodes nodes;
  AchievementId achievement;
  std::unique_ptr<grpc::GenericStub> stub;
  std::vector<const google::protobuf::MethodDescriptor*> methods;

  std::set<std::string> listed;        // commitments that were ever signed
  std::set<std::string> institutions;  // ids
  std::set<std::string> known_ids;     // of transactions that were ever signed
  std::vector<std::string> commitments, transaction_ids, references;  // some of them
  std::vector<Bytes> carried;                                         // likewise
  std::uint64_t next_index = 0;

  // A batch of a few commitments: the next ones, or such that another batch claims.
  Bytes batch(std::uint64_t first, std::size_t count);
  void remember(const Bytes& transaction);

 private:
  ApiWorld();
};

class CallSteps {
 public:
  CallSteps(ApiWorld& world, ByteView input) : world_(world), steps_(input) {}

  // All steps of the input, then an honest transaction; throws LawBroken.
  void run();

 private:
  struct Stream {
    std::unique_ptr<node::ApiCall> call;
    const google::protobuf::MethodDescriptor* method = nullptr;
    std::deque<std::unique_ptr<google::protobuf::Message>> asked;
    bool damaged = false;
  };

  void step();
  void call_one();
  void commit_one();
  void submit_nearly();
  void open_stream(const google::protobuf::MethodDescriptor& method);
  void use_stream();
  void read_from(Stream& stream);
  void end_all();

  std::unique_ptr<google::protobuf::Message> request_of(
      const google::protobuf::MethodDescriptor& method);
  void fill(google::protobuf::Message& message, int depth);
  void fill_field(google::protobuf::Message& message,
                  const google::protobuf::FieldDescriptor& field, int depth);
  std::string bytes_for(const std::string& name);
  std::string text_for(const std::string& name);
  std::uint64_t number_for(const std::string& name);
  std::string id_of_institution();
  std::string any_commitment();

  // An answer to `request` says nothing good of what is not there.
  void check(const google::protobuf::Message& request, const google::protobuf::Message& answer);
  void check_failure(const google::protobuf::MethodDescriptor& method, const grpc::Status& status,
                     bool damaged);

  ApiWorld& world_;
  Steps steps_;
  std::vector<Stream> streams_;
  std::vector<TransactionId> acknowledged_;
};

}  // namespace testamur::fuzz
