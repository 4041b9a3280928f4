// A node that replays the true answers of a real one, with any field of any answer forged. It
// speaks gRPC; who asks it is the wallet as it is.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace testamur::wallet::test {

// Answers by method and request. An empty string is "NOT_FOUND".
using Recording = std::map<std::pair<std::string, std::string>, std::string>;

class LyingNode {
 public:
  // Asks the node at `port` what it does not know yet.
  explicit LyingNode(int port);
  ~LyingNode();
  std::string endpoint() const;

  // While true, unknown requests go to the true node; afterwards they are NOT_FOUND.
  void record(bool on);
  const Recording& recording() const;
  void replay(Recording recording);
  // Changes every answer before it is sent; null: none.
  void forge(
      std::function<void(const std::string& method, google::protobuf::Message& answer)> forging);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One way to change one field of an answer.
struct Forgery {
  std::string method;
  std::string what;  // for people: slots[0].status.status = 99
  std::function<void(google::protobuf::Message&)> apply;
};
// Every field of `answer`, set or not, at every depth: dropped, given an enumerator that nobody
// knows and every one that is known, other numbers, texts and bytes, and what `earlier` (an answer
// of before, of the same type) says there.
std::vector<Forgery> forgeries_of(const std::string& method,
                                  const google::protobuf::Message& answer,
                                  const google::protobuf::Message* earlier);
// An empty answer of a method.
std::unique_ptr<google::protobuf::Message> answer_of(const std::string& method);

}  // namespace testamur::wallet::test
