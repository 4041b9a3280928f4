#include "tests/sim/scenario.h"

#include <algorithm>
#include <sstream>

#include "tests/sim/byzantine_behaviours.h"
#include "tests/sim/byzantine_node.h"
#include "tests/sim/story_words.h"

namespace testamur::sim {

using consensus::Act;

namespace {

constexpr std::size_t kHeardLimit = 20'000;

bool is_at(const Words& words, std::size_t at, const std::string& word) {
  return at < words.size() && words[at] == word;
}

Error misses(const std::string& what) { return error("expected " + what); }

}  // namespace

const std::map<std::string, Scenario::Command>& Scenario::commands() {
  static const std::map<std::string, Command> kCommands{{"nodes", &Scenario::nodes},
                                                        {"byzantine", &Scenario::byzantine},
                                                        {"seed", &Scenario::seed},
                                                        {"settle", &Scenario::settle},
                                                        {"start", &Scenario::start},
                                                        {"crash", &Scenario::crash},
                                                        {"pause", &Scenario::pause},
                                                        {"wipe", &Scenario::wipe},
                                                        {"backup", &Scenario::backup},
                                                        {"restore", &Scenario::restore},
                                                        {"roll", &Scenario::roll},
                                                        {"damage", &Scenario::damage},
                                                        {"drop", &Scenario::drop},
                                                        {"deliver", &Scenario::deliver},
                                                        {"cut", &Scenario::cut},
                                                        {"heal", &Scenario::heal},
                                                        {"network", &Scenario::network},
                                                        {"submit", &Scenario::submit},
                                                        {"flood", &Scenario::flood},
                                                        {"wait", &Scenario::wait},
                                                        {"clock", &Scenario::clock},
                                                        {"resume", &Scenario::resume},
                                                        {"replay", &Scenario::replay},
                                                        {"change", &Scenario::change},
                                                        {"alive", &Scenario::alive},
                                                        {"oversized", &Scenario::oversized},
                                                        {"remember", &Scenario::remember},
                                                        {"lose-votes", &Scenario::lose_votes},
                                                        {"mute", &Scenario::mute},
                                                        {"expect", &Scenario::expect},
                                                        {"law", &Scenario::law}};
  return kCommands;
}

Status Scenario::run(const std::string& text) {
  Scenario scenario;
  std::istringstream lines(text);
  std::string line;
  for (std::size_t at = 1; std::getline(lines, line); ++at) {
    auto status = scenario.line(line);
    if (status.ok() && scenario.simulation_ && scenario.simulation_->checker().violation()) {
      status = error(*scenario.simulation_->checker().violation());
    }
    if (status.ok()) continue;
    return error("line " + std::to_string(at) + " '" + line + "': " + status.message() +
                 scenario.where_everybody_is());
  }
  return scenario.simulation_ ? Status{} : error("line 1: the story has no nodes");
}

Status Scenario::line(const std::string& text) {
  std::istringstream in(text.substr(0, text.find('#')));
  Words words;
  for (std::string word; in >> word;) words.push_back(word);
  if (words.empty()) return {};
  const auto command = commands().find(words[0]);
  if (command == commands().end()) return error("unknown word '" + words[0] + "'");
  const bool before = words[0] == "nodes" || words[0] == "byzantine" || words[0] == "seed";
  if (before == (simulation_ != nullptr)) {
    return error(before ? "comes before everything else" : "'nodes' comes first");
  }
  return (this->*command->second)(words);
}

Simulation& Scenario::simulation() { return *simulation_; }

std::string Scenario::where_everybody_is() const {
  return simulation_ ? simulation_->where_everybody_is() : std::string{};
}

Result<std::size_t> Scenario::node(const std::string& word) {
  if (word == "leader") {
    const auto leader = simulation().node(up().front()).status().leader;
    for (std::size_t i = 0; i < simulation().size(); ++i) {
      if (simulation().node(i).id() == leader) return i;
    }
  }
  if (word == "someone") {  // who is up and does not lead
    TM_TRY(const auto leader, node("leader"));
    for (const std::size_t one : up()) {
      if (one != leader) return one;
    }
  }
  TM_TRY(const auto value, number(word));
  if (value >= simulation().size()) return error("there is no node " + word);
  return static_cast<std::size_t>(value);
}

Result<std::vector<std::size_t>> Scenario::some_nodes(const Words& words, std::size_t from,
                                                      std::size_t to) {
  std::vector<std::size_t> chosen;
  if (from >= to) return error("which node?");
  for (std::size_t at = from; at < to; ++at) {
    if (words[at] == "all") {
      for (std::size_t i = 0; i < simulation().size(); ++i) chosen.push_back(i);
      continue;
    }
    TM_TRY(const auto one, node(words[at]));
    chosen.push_back(one);
  }
  return chosen;
}

std::vector<std::size_t> Scenario::up() const {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < simulation_->size(); ++i) {
    if (simulation_->node(i).is_up()) chosen.push_back(i);
  }
  return chosen;
}

// byzantine N BEHAVIOUR: before nodes; several that follow a strategy collude
Status Scenario::byzantine(const Words& words) {
  if (words.size() < 3) return error("like 'byzantine 1 proposes-twice'");
  TM_TRY(const auto who, number(words[1]));
  if (const auto behaviour = byzantine_behaviours().find(words[2]);
      behaviour != byzantine_behaviours().end()) {
    config_.scripted_node = who;
    config_.script = behaviour->second;
    return {};
  }
  const Strategy* strategy = find_strategy(words[2]);
  if (strategy == nullptr) return error("'" + words[2] + "' is no behaviour that is known here");
  if (!config_.strategy.name.empty() && config_.strategy.name != strategy->name) {
    return error("all liars of a story follow one strategy");
  }
  config_.colluding_nodes.insert(who);
  config_.strategy = *strategy;
  return {};
}

Status Scenario::seed(const Words& words) {
  if (words.size() != 2) return error("like 'seed 7'");
  TM_TRY(config_.seed, number(words[1]));
  return {};
}

// nodes N [observers M]
Status Scenario::nodes(const Words& words) {
  if (words.size() != 2 && !(words.size() == 4 && words[2] == "observers"))
    return error("like 'nodes 4 observers 1'");
  TM_TRY(config_.nodes, number(words[1]));
  if (words.size() == 4) {
    TM_TRY(config_.spare_nodes, number(words[3]));
  }
  if (config_.nodes < 1 || config_.nodes + config_.spare_nodes > 20) return error("1 to 20 nodes");
  config_.profile = *find_profile("calm");
  simulation_ = std::make_unique<Simulation>(config_);
  simulation_->calm_network();
  simulation_->network().set_filter([this](const Packet& packet) { return passes(packet); });
  return {};
}

// Started, every validator's achievement published, and quiet.
Status Scenario::settle(const Words& words) {
  TM_TRY_STATUS(start({"start", "all"}));
  for (std::size_t one = 0; one < config_.nodes; ++one)
    simulation().node(one).submit(kPublish | one);
  TM_TRY_STATUS(alive(words));
  simulation().run_for_ms(500);
  return {};
}

Status Scenario::start(const Words& words) {
  const auto fails = std::find(words.begin(), words.end(), "fails:");
  TM_TRY(const auto chosen, some_nodes(words, 1, static_cast<std::size_t>(fails - words.begin())));
  for (const std::size_t one : chosen) {
    if (simulation().node(one).is_up()) continue;
    if (fails == words.end()) {
      simulation().start(simulation().node(one));
      continue;
    }
    const auto status = simulation().node(one).start();
    const auto& named = words.back();
    if (status.ok()) return misses("that it does not start");
    if (status.message().find(named) == std::string::npos)
      return misses(named + " in: " + status.message());
  }
  return {};
}

Status Scenario::crash(const Words& words) {
  TM_TRY(const auto chosen, some_nodes(words, 1, words.size()));
  for (const std::size_t one : chosen) {
    if (simulation().node(one).is_up()) simulation().node(one).crash();
  }
  return {};
}

// pause N for 2 s
Status Scenario::pause(const Words& words) {
  if (!is_at(words, 2, "for")) return error("like 'pause 1 for 2 s'");
  TM_TRY(const auto one, node(words[1]));
  TM_TRY(const auto ms, duration_ms(words, 3));
  simulation().node(one).pause_ms(ms);
  return {};
}

Status Scenario::wipe(const Words& words) {
  TM_TRY_STATUS(crash(words));
  TM_TRY(const auto chosen, some_nodes(words, 1, words.size()));
  for (const std::size_t one : chosen) simulation().node(one).wipe();
  return {};
}

// backup all as NAME; restore all from NAME; roll back 2 to NAME
Status Scenario::backup(const Words& words) {
  if (words.size() < 4 || words[words.size() - 2] != "as")
    return error("like 'backup 2 as yesterday'");
  TM_TRY(const auto chosen, some_nodes(words, 1, words.size() - 2));
  for (const std::size_t one : chosen) {
    backups_.insert_or_assign(std::to_string(one) + words.back(), simulation().node(one).backup());
  }
  return {};
}

Status Scenario::restore(const Words& words) {
  const bool rolls = words[0] == "roll";
  if (words.size() < 4 || words[words.size() - 2] != (rolls ? "to" : "from")) {
    return error("like 'restore 2 from yesterday' or 'roll back 2 to yesterday'");
  }
  TM_TRY(const auto chosen, some_nodes(words, rolls ? 2 : 1, words.size() - 2));
  for (const std::size_t one : chosen) {
    const auto backup = backups_.find(std::to_string(one) + words.back());
    if (backup == backups_.end()) return error("there is no backup " + words.back());
    if (simulation().node(one).is_up()) simulation().node(one).crash();
    rolls ? simulation().node(one).roll_back(backup->second)
          : simulation().node(one).restore(backup->second);
  }
  return {};
}

Status Scenario::roll(const Words& words) { return restore(words); }

// lose-votes 2: its journal is gone, the ledger is there
Status Scenario::lose_votes(const Words& words) {
  TM_TRY_STATUS(crash(words));
  TM_TRY(const auto chosen, some_nodes(words, 1, words.size()));
  for (const std::size_t one : chosen) simulation().node(one).lose_votes();
  return {};
}

// damage 2: a bit in the middle of the last thing that its journal holds
Status Scenario::damage(const Words& words) {
  TM_TRY(const auto chosen, some_nodes(words, 1, words.size()));
  for (const std::size_t one : chosen) {
    auto& disk = simulation().node(one).disk();
    for (const auto& path : disk.paths()) {
      if (path.ends_with(".seg")) disk.flip_bit(path, 200, 3);
    }
  }
  return {};
}

bool Scenario::matches(const Rule& rule, const Packet& packet) {
  if (rule.from && packet.from != *rule.from) return false;
  if (rule.to && packet.to != *rule.to) return false;
  if (rule.except && packet.to == *rule.except) return false;
  if (rule.what == "everything") return true;
  if (rule.what == "proposals") return is_proposal(packet);
  if (rule.what == "transactions") return is_transactions(packet);
  if (rule.what == "catch-up") return is_catch_up(packet);
  const auto vote = vote_in(packet);
  if (rule.view && !(vote && vote->statement.view == *rule.view)) return false;
  const bool only_votes = rule.what.ends_with("-votes");
  const auto act = act_named(only_votes ? rule.what.substr(0, rule.what.size() - 6) : rule.what);
  return act.ok() && is_about(packet, *act) && (vote || !only_votes);
}

bool Scenario::passes(const Packet& packet) {
  if (heard_.size() < kHeardLimit) heard_.push_back(packet);
  return std::none_of(rules_.begin(), rules_.end(),
                      [&](const Rule& rule) { return matches(rule, packet); });
}

// drop WHAT [from N] [to N] [except-to N] [in this view]
Status Scenario::drop(const Words& words) {
  if (words.size() < 2) return error("drop what?");
  Rule rule;
  rule.what = words[1];
  static const std::vector<std::string> kPlain{"everything", "proposals", "transactions",
                                               "catch-up"};
  if (std::find(kPlain.begin(), kPlain.end(), rule.what) == kPlain.end()) {
    const bool only_votes = rule.what.ends_with("-votes");
    TM_TRY(const auto act,
           act_named(only_votes ? rule.what.substr(0, rule.what.size() - 6) : rule.what));
    (void)act;
  }
  for (std::size_t at = 2; at < words.size(); at += 2) {
    if (is_at(words, at, "in") && is_at(words, at + 1, "this") && is_at(words, at + 2, "view")) {
      rule.view = simulation().node(up().front()).status().view;
      ++at;
      continue;
    }
    if (at + 1 == words.size()) return error("'" + words[at] + "' what?");
    TM_TRY(const auto one, node(words[at + 1]));
    if (words[at] == "from") {
      rule.from = one;
    } else if (words[at] == "to") {
      rule.to = one;
    } else if (words[at] == "except-to") {
      rule.except = one;
    } else {
      return error("'" + words[at] + "' is not 'from', 'to', 'except-to' or 'in this view'");
    }
  }
  rules_.push_back(rule);
  return {};
}

Status Scenario::deliver(const Words& words) {
  if (words != Words{"deliver", "everything"}) return error("like 'deliver everything'");
  rules_.clear();
  return {};
}

// cut 2 from 0: both ways; cut 2 off: from everybody
Status Scenario::cut(const Words& words) {
  if (words.size() < 3) return error("like 'cut 2 from 0' or 'cut 2 off'");
  TM_TRY(const auto one, node(words[1]));
  std::vector<std::size_t> others;
  if (words[2] == "from") {
    TM_TRY(others, some_nodes(words, 3, words.size()));
  } else if (words[2] == "off") {
    TM_TRY(others, some_nodes({"all"}, 0, 1));
  } else {
    return error("like 'cut 2 from 0' or 'cut 2 off'");
  }
  for (const std::size_t other : others) {
    simulation().network().cut(one, other, true);
    simulation().network().cut(other, one, true);
  }
  return {};
}

// mute 2: it hears, and nobody hears it
Status Scenario::mute(const Words& words) {
  TM_TRY(const auto chosen, some_nodes(words, 1, words.size()));
  for (const std::size_t one : chosen) {
    for (std::size_t other = 0; other < simulation().size(); ++other)
      simulation().network().cut(one, other, true);
  }
  return {};
}

Status Scenario::heal(const Words&) {
  simulation().network().heal();
  return {};
}

// network 10 ms; network 1 ms 1500 us-a-byte; network 20 ms but liars at once
Status Scenario::network(const Words& words) {
  if (words.size() == 7 && words[2] == "ms" && words[4] == "liars") {
    TM_TRY(const auto delta, number(words[1]));
    if (simulation().adversary() != nullptr) simulation().adversary()->set_delta_us(delta * 1000);
    schedule_.emplace(Random{config_.seed}, config_.colluding_nodes, Order::kLiarsFirst,
                      delta * 1000, 0);
    simulation().network().set_schedule([this](const Packet& packet) {
      return schedule_->delay_us(packet, simulation().timeline().now_us());
    });
    return {};
  }
  const bool thin = words.size() == 5 && words[4] == "us-a-byte";
  if ((words.size() != 3 && !thin) || words[2] != "ms")
    return error("like 'network 1 ms' or 'network 1 ms 20 us-a-byte'");
  TM_TRY(const auto delay, number(words[1]));
  Weather weather{.delay_us = delay * 1000};
  if (thin) {
    TM_TRY(weather.us_per_byte, number(words[3]));
  }
  simulation().network().set_weather(weather);
  return {};
}

// submit 5 at 0; submit 1..20 at all; submit large 1..3 at 0; submit 1..20 at 0 every 60 ms
Status Scenario::submit(const Words& words) {
  const std::size_t at = is_at(words, 1, "large") ? 2 : 1;
  const TransactionNumber flag = at == 2 ? kLarge : 0;
  if (!is_at(words, at + 1, "at")) return error("like 'submit 5 at 0' or 'submit 1..20 at all'");
  const auto dots = words[at].find("..");
  TM_TRY(const auto first, number(words[at].substr(0, dots)));
  auto last = first;
  if (dots != std::string::npos) {
    TM_TRY(last, number(words[at].substr(dots + 2)));
  }
  // ... every 60 ms: as time goes by
  const auto every = std::find(words.begin(), words.end(), "every");
  std::uint64_t pause_ms = 0;
  if (every != words.end()) {
    TM_TRY(pause_ms, duration_ms(words, static_cast<std::size_t>(every - words.begin()) + 1));
  }
  TM_TRY(const auto chosen,
         some_nodes(words, at + 2, static_cast<std::size_t>(every - words.begin())));
  for (auto each = first; each <= last; ++each) {
    for (const std::size_t one : chosen) simulation().node(one).submit(flag | each);
    if (laws_) laws_->submitted(flag | each);
    if (pause_ms > 0) simulation().run_for_ms(pause_ms);
  }
  return {};
}

// flood 3000 at 0: transactions of one author that never become valid, as fast as a client can send
// them
Status Scenario::flood(const Words& words) {
  if (words.size() != 4 || words[2] != "at") return error("like 'flood 3000 at 0'");
  TM_TRY(const auto count, number(words[1]));
  TM_TRY(const auto one, node(words[3]));
  for (std::uint64_t i = 0; i < count; ++i)
    simulation().node(one).submit(kRevoke | (50'000 + i) * 8);
  return {};
}

Status Scenario::wait(const Words& words) {
  TM_TRY(const auto ms, duration_ms(words, 1));
  simulation().run_for_ms(ms);
  return {};
}

// clock of 1 is 1 h ahead; clock of all is right
Status Scenario::clock(const Words& words) {
  const auto is = std::find(words.begin(), words.end(), "is");
  const auto at = static_cast<std::size_t>(is - words.begin());
  const bool ahead = words.back() == "ahead";
  if (!is_at(words, 1, "of") || is == words.end() ||
      !(ahead || words.back() == "right" || words.back() == "behind")) {
    return error("like 'clock of 1 is 1 h ahead' or 'clock of all is right'");
  }
  TM_TRY(const auto chosen, some_nodes(words, 2, at));
  std::uint64_t off = 0;
  if (words.back() != "right") {
    TM_TRY(off, duration_ms(Words(words.begin(), words.end() - 1), at + 1));
  }
  for (const std::size_t one : chosen) {
    simulation().node(one).clock.offset_ms =
        ahead ? static_cast<std::int64_t>(off) : -static_cast<std::int64_t>(off);
  }
  return {};
}

// resume voting at 1
Status Scenario::resume(const Words& words) {
  if (words.size() < 4) return error("like 'resume voting at 1'");
  TM_TRY(const auto chosen, some_nodes(words, 3, words.size()));
  for (const std::size_t one : chosen) simulation().node(one).resume_voting();
  return {};
}

// replay everything: all that was ever sent, to everybody
Status Scenario::replay(const Words&) {
  const auto recorded = heard_;
  for (std::size_t target = 0; target < simulation().size(); ++target) {
    for (auto packet : recorded) {
      packet.to = target;
      if (packet.from != target) simulation().network().send(packet);
    }
  }
  return {};
}

// change set to 0 1 2 4: proposed, voted for and made ready by the institutions
Status Scenario::change(const Words& words) {
  if (words.size() < 4 || words[1] != "set" || words[2] != "to")
    return error("like 'change set to 0 1 2 4'");
  TM_TRY(const auto chosen, some_nodes(words, 3, words.size()));
  const auto done = [&] { return !simulation().is_changing_set(); };
  if (!simulation().run_until(done, 60'000)) return error("the change before is not in effect yet");
  simulation().propose_set(chosen);
  return {};
}

// oversized message from 1: frames that no honest node makes, to everybody
Status Scenario::oversized(const Words& words) {
  if (words.size() != 4) return error("like 'oversized message from 1'");
  TM_TRY(const auto one, node(words[3]));
  for (std::size_t to = 0; to < simulation().size(); ++to) {
    if (to == one) continue;
    for (const std::size_t size :
         {std::size_t{1} << 16, std::size_t{4} << 20, std::size_t{5} << 20}) {
      for (const std::uint8_t first : {0x00, 0x0a, 0x12, 0xff}) {
        simulation().network().send({one, to, std::make_shared<const Bytes>(Bytes(size, first))});
      }
    }
  }
  return {};
}

// remember height of 0 as before
Status Scenario::remember(const Words& words) {
  if (words.size() != 6 || words[1] != "height")
    return error("like 'remember height of 0 as before'");
  TM_TRY(const auto one, node(words[3]));
  remembered_[words[5]] = simulation().node(one).height().value;
  return {};
}

// law gap 2 s: from now on, while something waits at an honest node, it commits a block at least so
// often
Status Scenario::law(const Words& words) {
  if (laws_ || words.size() != 4 || words[1] != "gap") return error("like 'law gap 2 s', once");
  TM_TRY(const auto gap_ms, duration_ms(words, 2));
  laws_ = std::make_unique<Laws>(simulation(), Bounds{gap_ms, 3 * gap_ms, {}}, true);
  laws_->begin();
  return {};
}

// A new transaction, submitted at all that are up, is soon on all of them.
Status Scenario::alive(const Words&) {
  const TransactionNumber probe = next_++;
  const auto who = up();
  for (const std::size_t one : who) simulation().node(one).submit(probe);
  const auto done = [&] {
    return std::all_of(who.begin(), who.end(),
                       [&](std::size_t one) { return simulation().node(one).is_committed(probe); });
  };
  if (simulation().run_until(done, 60'000)) return {};
  return misses("a new transaction on everybody within 60 s");
}

}  // namespace testamur::sim
