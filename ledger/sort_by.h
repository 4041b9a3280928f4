// Sorting large records by a key that is costly to compute: each key is computed once, not at every
// comparison, and each record is moved once. Stable. Pure; any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace testamur::ledger {

template <class Item, class KeyOf>
void sort_by(std::vector<Item>& items, const KeyOf& key_of) {
  std::vector<std::pair<decltype(key_of(items.front())), std::size_t>> order;
  order.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) order.emplace_back(key_of(items[i]), i);
  std::ranges::sort(order);

  std::vector<Item> sorted;
  sorted.reserve(items.size());
  for (const auto& [key, at] : order) sorted.push_back(std::move(items[at]));
  items = std::move(sorted);
}

}  // namespace testamur::ledger
