// HTTP for Prometheus on one thread at the priority of callers. A session keeps itself alive until
// its socket is closed; the listener only remembers it to end it when its place is needed by
// another.
#include "node/rpc/metrics_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <thread>

#include "common/address.h"
#include "node/api/call_queue.h"
#include "node/rpc/metrics.h"

namespace testamur::node {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr auto kRequestTime = std::chrono::seconds(5);
constexpr auto kPauseAfterError = std::chrono::milliseconds(100);

bool is_metrics(std::string_view target) {
  return target.substr(0, target.find('?')) == "/metrics";
}

// One request, one answer. `left` is called when the connection goes.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const ServiceContext& context, std::function<void()> left)
      : stream_(std::move(socket)), context_(context), left_(std::move(left)) {}
  ~Session() { left_(); }

  void start() {
    stream_.expires_after(kRequestTime);
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code failure, std::size_t) {
                       if (!failure) self->answer();
                     });
  }
  void end() {
    beast::error_code ignored;
    stream_.socket().close(ignored);
  }
  std::chrono::steady_clock::time_point since() const { return since_; }

 private:
  void answer() {
    const bool head = request_.method() == http::verb::head;
    const bool found = (head || request_.method() == http::verb::get) &&
                       is_metrics({request_.target().data(), request_.target().size()});
    auto text = found ? metrics_text(context_) : std::string("GET /metrics\n");
    response_.result(found ? http::status::ok : http::status::not_found);
    response_.set(http::field::content_type, "text/plain; version=0.0.4");
    response_.content_length(text.size());
    if (!head) response_.body() = std::move(text);
    response_.keep_alive(false);

    stream_.expires_after(kRequestTime);
    const auto sent = [self = shared_from_this()](beast::error_code, std::size_t) {
      beast::error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    };
    serializer_.split(head);
    if (head) {
      http::async_write_header(stream_, serializer_, sent);
    } else {
      http::async_write(stream_, serializer_, sent);
    }
  }

  const std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  beast::tcp_stream stream_;
  const ServiceContext& context_;
  std::function<void()> left_;
  beast::flat_static_buffer<8192> buffer_;
  http::request<http::empty_body> request_;
  http::response<http::string_body> response_;
  http::response_serializer<http::string_body> serializer_{response_};
};

}  // namespace

class MetricsServer::Listener {
 public:
  Listener(const ServiceContext& context, const ConnectionLimits& limits)
      : context_(context), book_(limits), acceptor_(io_), pause_(io_) {}
  ~Listener() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Status open(const std::string& listen) {
    const auto cannot = [&](const std::string& cause) {
      return error("metrics cannot be served on " + listen + ": " + cause);
    };

    TM_TRY(const auto target, parse_host_port(listen));
    beast::error_code failure;
    const auto found =
        tcp::resolver(io_).resolve(target.host, target.port, tcp::resolver::passive, failure);
    if (failure || found.empty()) return cannot(failure.message());

    const auto endpoint = found.begin()->endpoint();

    acceptor_.open(endpoint.protocol(), failure);
    if (!failure) acceptor_.set_option(asio::socket_base::reuse_address(true), failure);

    // On an IPv6 address IPv4 is served as well, whatever the system's default is.
    if (!failure && endpoint.address().is_v6())
      acceptor_.set_option(asio::ip::v6_only(false), failure);
    if (!failure) acceptor_.bind(endpoint, failure);
    if (!failure) acceptor_.listen(asio::socket_base::max_listen_connections, failure);

    if (failure) return cannot(failure.message());

    accept();
    thread_ = std::thread([this] {
      lower_priority_of_this_thread();
      io_.run();
    });
    return {};
  }
  int port() const { return acceptor_.local_endpoint().port(); }

 private:
  void accept() {
    acceptor_.async_accept([this](beast::error_code failure, tcp::socket socket) {
      if (failure == asio::error::operation_aborted) return;
      if (!failure) {
        take(std::move(socket));
        return accept();
      }

      // No descriptor is left: later perhaps.
      context_.overload.note(Limit::kDescriptors, {}, Overload::now_ms());
      pause_.expires_after(kPauseAfterError);
      pause_.async_wait([this](beast::error_code cancelled) {
        if (!cancelled) accept();
      });
    });
  }

  void take(tcp::socket socket) {
    beast::error_code failure;
    const auto from = socket.remote_endpoint(failure);
    if (failure) return;

    const auto caller = caller_of(from.address());
    const auto id = next_++;
    const Connections::IdleMs idle_ms = [this](Connections::Id each) { return age_ms(each); };

    // A caller that holds many gives way to one that holds few, as on the API.
    const auto entry = book_.enter(id, caller, idle_ms);
    if (!entry.enters || entry.leaves) {
      context_.overload.note(Limit::kMetricsConnections, caller, Overload::now_ms());
    }

    if (entry.leaves) {
      if (auto leaving = sessions_[*entry.leaves].lock()) leaving->end();
    }

    if (!entry.enters) return;

    auto session = std::make_shared<Session>(std::move(socket), context_, [this, id] {
      book_.leave(id);
      sessions_.erase(id);
    });

    sessions_[id] = session;
    session->start();
  }

  std::uint64_t age_ms(Connections::Id id) {
    const auto session = sessions_[id].lock();
    if (!session) return 0;
    const auto age = std::chrono::steady_clock::now() - session->since();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(age).count());
  }

  const ServiceContext& context_;
  Connections book_;
  std::map<Connections::Id, std::weak_ptr<Session>> sessions_;
  Connections::Id next_ = 1;
  asio::io_context io_{1};  // after what its handlers use
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::thread thread_;
};

MetricsServer::MetricsServer(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}
MetricsServer::~MetricsServer() = default;
int MetricsServer::port() const { return listener_->port(); }

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(const std::string& listen,
                                                            const ConnectionLimits& limits,
                                                            const ServiceContext& context) {
  auto listener = std::make_unique<Listener>(context, limits);
  TM_TRY_STATUS(listener->open(listen));
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(listener)));
}

}  // namespace testamur::node
