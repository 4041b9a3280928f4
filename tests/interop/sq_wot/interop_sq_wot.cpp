// Answers for interop_sq_wot.py: reads "from to amount depth" lines on standard input, parties
// being letters, and prints "party amount" for every party as party s sees it. An empty line ends a
// network; the end of input the program.
#include <iostream>
#include <set>
#include <sstream>

#include "trust/decide.h"

namespace {

using namespace testamur;
using namespace testamur::trust;

InstitutionId id_of(char name) {
  InstitutionId id;
  id.bytes[0] = static_cast<std::uint8_t>(name);
  return id;
}

class Network {
 public:
  void say(char from, char to, unsigned amount, unsigned depth) {
    for (const char name : {from, to}) add(name);
    Statement s;
    s.id.bytes[0] = static_cast<std::uint8_t>(++order_);
    s.truster = id_of(from);
    s.subject = id_of(to);
    s.amount = static_cast<std::uint8_t>(amount);
    s.depth = static_cast<std::uint8_t>(depth);
    s.commit = {LogIndex{order_}, Height{1}, 1000, {}};
    if (const auto wrong = history_.append(s)) std::cerr << to_text(*wrong) << "\n";
  }
  void add(char name) {
    if (names_.insert(name).second)
      history_.add_party(id_of(name), {LogIndex{order_}, Height{1}, 1000, {}});
  }
  void print() {
    for (const char name : names_) {
      Query query;
      query.viewpoint = id_of('s');
      query.issuer = id_of(name);
      query.at_time_ms = 1000;
      query.as_of = {Height{1}, 1000, {}};
      if (name != 's') std::cout << name << ' ' << decide(history_, query, Policy{}).amount << '\n';
    }
    std::cout << std::endl;
  }

 private:
  History history_;
  std::set<char> names_;
  std::uint64_t order_ = 0;
};

}  // namespace

int main() {
  Network network;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.empty()) {
      network.print();
      network = Network{};
      continue;
    }
    std::istringstream in(line);
    char from = 0, to = 0;
    unsigned amount = 0, depth = 0;
    if (in >> from >> to >> amount >> depth) network.say(from, to, amount, depth);
  }
}
