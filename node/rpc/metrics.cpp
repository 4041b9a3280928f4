#include "node/rpc/metrics.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <thread>

namespace testamur::node {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr auto kRequestTime = std::chrono::seconds(5);

void add(std::vector<std::pair<std::string, double>>& out, const char* name, const Stopwatch& watch) {
  out.emplace_back(std::string("testamur_") + name + "_seconds_total",
                   static_cast<double>(watch.nanoseconds.value()) / 1e9);
  out.emplace_back(std::string("testamur_") + name + "_count_total", static_cast<double>(watch.count.value()));
}
void add(std::vector<std::pair<std::string, double>>& out, const char* name, std::uint64_t value) {
  out.emplace_back(std::string("testamur_") + name, static_cast<double>(value));
}

}  // namespace

std::vector<std::pair<std::string, double>> metric_values(const ServiceContext& context) {
  std::vector<std::pair<std::string, double>> out;
  const auto& counters = context.counters;
  auto head = context.chain.head();
  auto now = context.clock.now_ms();
  add(out, "height", head->header.height.value);
  add(out, "status_age_ms", now > head->header.time_ms ? now - head->header.time_ms : 0);
  add(out, "log_size", head->header.roots.log_size);
  add(out, "page_count", head->header.roots.page_count);
  add(out, "build", counters.build);
  add(out, "validate", counters.validate);
  add(out, "decode", counters.decode);
  add(out, "verify", counters.verify);
  add(out, "journal_sync", counters.sync);
  add(out, "store_apply", counters.apply);
  add(out, "submit_check", counters.check);
  add(out, "consensus_message", counters.consensus);
  add(out, "encode", counters.encode);
  add(out, "verify_cached_total", counters.verify_cached.value());
  add(out, "journal_bytes_total", counters.sync_bytes.value());
  add(out, "frames_out_total", counters.frames_out.value());
  add(out, "frames_in_total", counters.frames_in.value());
  add(out, "bytes_out_total", counters.bytes_out.value());
  add(out, "transactions_submitted_total", counters.transactions_submitted.value());
  add(out, "transactions_refused_total", counters.transactions_refused.value());
  add(out, "transactions_from_peers_total", counters.transactions_from_peers.value());
  add(out, "transactions_committed_total", counters.transactions_committed.value());
  add(out, "transactions_rejected_total", counters.transactions_rejected.value());
  add(out, "transactions_expired_total", counters.transactions_expired.value());
  add(out, "commitments_listed_total", counters.commitments_listed.value());
  add(out, "blocks_committed_total", counters.blocks_committed.value());
  add(out, "blocks_built_total", counters.blocks_built.value());
  add(out, "commit_latency_ms_total", counters.commit_latency_ms.value());
  add(out, "commit_latency_count_total", counters.commit_latency_count.value());
  add(out, "misbehaviour_total", counters.misbehaviour.value());
  add(out, "evidence_held", context.evidence.size());
  add(out, "epoch", head->header.epoch.value);
  add(out, "validators", ledger::read_validators(*head->state).size());
  add(out, "protocol_version", head->header.protocol_version);
  add(out, "stopped_before_protocol", context.chain.stopped_before_protocol() ? 1 : 0);
  auto figures = context.store.figures();
  add(out, "store_live_bytes", figures.live_bytes);
  add(out, "index_entries_in_memory", figures.index_entries_in_memory);
  add(out, "index_runs", figures.index_runs);
  if (context.network != nullptr) {
    std::uint64_t connected = 0;
    for (const auto& peer : context.network->peers()) connected += peer.state == net::PeerState::kConnected;
    add(out, "peers_connected", connected);
  }
  return out;
}

std::string metrics_text(const ServiceContext& context) {
  std::string text;
  for (const auto& [name, value] : metric_values(context)) {
    std::array<char, 64> number{};
    std::snprintf(number.data(), number.size(), "%.9g", value);
    text += "# TYPE " + name + (name.ends_with("_total") ? " counter\n" : " gauge\n");
    text += name + " " + number.data() + "\n";
  }
  return text;
}

namespace {

// One request, one answer.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const ServiceContext& context) : stream_(std::move(socket)), context_(context) {}
  void start() {
    stream_.expires_after(kRequestTime);
    http::async_read(stream_, buffer_, request_, [self = shared_from_this()](beast::error_code failure, std::size_t) {
      if (!failure) self->answer();
    });
  }

 private:
  void answer() {
    bool found = request_.method() == http::verb::get && request_.target() == "/metrics";
    response_.result(found ? http::status::ok : http::status::not_found);
    response_.set(http::field::content_type, "text/plain; version=0.0.4");
    response_.body() = found ? metrics_text(context_) : "GET /metrics\n";
    response_.keep_alive(false);
    response_.prepare_payload();
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code, std::size_t) {
      beast::error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    });
  }

  beast::tcp_stream stream_;
  const ServiceContext& context_;
  beast::flat_static_buffer<8192> buffer_;
  http::request<http::empty_body> request_;
  http::response<http::string_body> response_;
};

}  // namespace

class MetricsServer::Listener {
 public:
  explicit Listener(const ServiceContext& context) : context_(context), acceptor_(io_) {}
  ~Listener() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Status open(const std::string& listen) {
    auto colon = listen.rfind(':');
    if (colon == std::string::npos) return error("metrics.listen " + listen + " is not host:port");
    try {
      tcp::resolver resolver(io_);
      auto endpoint = resolver.resolve(listen.substr(0, colon), listen.substr(colon + 1))->endpoint();
      acceptor_.open(endpoint.protocol());
      acceptor_.set_option(asio::socket_base::reuse_address(true));
      acceptor_.bind(endpoint);
      acceptor_.listen();
    } catch (const std::exception& failure) {
      return error("metrics cannot be served on " + listen + ": " + failure.what());
    }
    accept();
    thread_ = std::thread([this] { io_.run(); });
    return {};
  }

 private:
  void accept() {
    acceptor_.async_accept([this](beast::error_code failure, tcp::socket socket) {
      if (failure == asio::error::operation_aborted) return;
      if (!failure) std::make_shared<Session>(std::move(socket), context_)->start();
      accept();
    });
  }

  const ServiceContext& context_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
};

MetricsServer::MetricsServer(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}
MetricsServer::~MetricsServer() = default;

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(const std::string& listen, const ServiceContext& context) {
  auto listener = std::make_unique<Listener>(context);
  TM_TRY_STATUS(listener->open(listen));
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(listener)));
}

}  // namespace testamur::node
