// The services of the node's API, each a class behind a function, so that gRPC stays out of what
// wires them.
//
// ServiceContext is borrowed by all services and outlives the server. Everything in it may be used
// from any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/clock.h"
#include "ledger/genesis.h"
#include "node/chain/chain.h"
#include "node/chain/validator_sets.h"
#include "node/rpc/call.h"
#include "node/rpc/decision_log.h"
#include "node/rpc/issued_count.h"
#include "node/rpc/reader.h"
#include "node/rpc/recognition.h"
#include "node/validator/evidence_keeper.h"
#include "node/validator/node_keys.h"

namespace testamur::node {

struct ServiceContext {
  Chain& chain;
  const ledger::Genesis& genesis;
  net::Network* network = nullptr;  // null: a ledger of one node
  Store& store;
  const Clock& clock;
  Log& log;
  Counters& counters;
  CallParts calls;
  Overload& overload;
  IssuedCount& issued;
  RegistryCache& registry;
  Recognition& recognition;
  NodeKeys& keys;
  EvidenceKeeper& evidence;
  DecisionLog* decisions = nullptr;  // null: they are not logged
  InstitutionId self;
  Mempool::Limits mempool_limits;
  std::string software;
  std::uint64_t started_ms = 0;
  std::function<void()> request_stop;      // as SIGTERM does
  std::uint64_t certificate_until_ms = 0;  // of the API's TLS; 0: it serves plain text

  Reader reader() const { return Reader(chain.head(), registry, clock); }
};

// In signing order.
void fill_validators(const ledger::CertifyingSet& set,
                     google::protobuf::RepeatedPtrField<v1::ValidatorView>& out);

std::unique_ptr<grpc::Service> make_ledger_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_verify_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_trust_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_registry_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_log_service(ServiceContext& context);
std::unique_ptr<grpc::Service> make_governance_service(ServiceContext& context);
// Of version 1, or of v1alpha.
std::unique_ptr<grpc::Service> make_reflection_service(ServiceContext& context, bool alpha);
std::unique_ptr<grpc::Service> make_admin_service(ServiceContext& context);

}  // namespace testamur::node
