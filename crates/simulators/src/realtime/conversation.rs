//! The default conversation: its items in order, and the sound they hold.

use std::collections::HashMap;

use super::item::Item;

/// Most items kept; a client that adds more loses the oldest.
const MOST_ITEMS: usize = 5_000;

/// Most sound kept for `conversation.item.retrieve`, in µ-law bytes (one minute).
const MOST_SOUND: usize = 60 * 8_000;

/// Where a new item goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// After everything.
    Last,
    /// Before everything (`previous_item_id: "root"`).
    First,
    /// After this item.
    After(&'a str),
}

/// The items and their sound.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    items: Vec<Item>,
    sounds: HashMap<String, Vec<u8>>,
    sound_order: Vec<String>,
    changes: u64,
}

impl Conversation {
    pub(super) fn items(&self) -> &[Item] {
        &self.items
    }

    /// Grows whenever an item may have changed.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    pub(super) fn item(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    pub(super) fn item_mut(&mut self, id: &str) -> Option<&mut Item> {
        self.changes += 1;
        self.items.iter_mut().find(|item| item.id == id)
    }

    /// The id of the item before this one.
    pub(super) fn before(&self, id: &str) -> Option<&str> {
        let at = self.items.iter().position(|item| item.id == id)?;
        self.items.get(at.checked_sub(1)?).map(|item| item.id.as_str())
    }

    /// The id of the last item.
    pub(super) fn last_id(&self) -> Option<&str> {
        self.items.last().map(|item| item.id.as_str())
    }

    /// Puts an item in its place; after everything when the item to follow does not exist.
    pub(super) fn insert(&mut self, item: Item, place: Place<'_>) {
        let last = self.items.len();
        let at = match place {
            Place::Last => last,
            Place::First => 0,
            Place::After(id) => {
                self.items.iter().position(|item| item.id == id).map_or(last, |before| before + 1)
            }
        };
        self.changes += 1;
        self.items.insert(at, item);
        if self.items.len() > MOST_ITEMS {
            let oldest = self.items.remove(0);
            self.sounds.remove(&oldest.id);
        }
    }

    /// Removes an item; `false` when there is none of that id.
    pub(super) fn delete(&mut self, id: &str) -> bool {
        self.changes += 1;
        let before = self.items.len();
        self.items.retain(|item| item.id != id);
        self.sounds.remove(id);
        self.items.len() < before
    }

    /// Keeps the sound of an item, forgetting that of older ones where needed.
    pub(super) fn keep_sound(&mut self, id: &str, sound: Vec<u8>) {
        self.sounds.insert(id.to_owned(), sound);
        self.sound_order.retain(|known| known != id);
        self.sound_order.push(id.to_owned());
        while self.sounds.values().map(Vec::len).sum::<usize>() > MOST_SOUND && self.sound_order.len() > 1 {
            let oldest = self.sound_order.remove(0);
            self.sounds.remove(&oldest);
        }
    }

    /// The sound of an item, in µ-law, if it is still kept.
    pub(super) fn sound(&self, id: &str) -> Option<&[u8]> {
        self.sounds.get(id).map(Vec::as_slice)
    }

    /// Cuts what an assistant item holds to `audio_end_ms`, transcript included.
    pub(super) fn truncate(&mut self, id: &str, audio_end_ms: u64) {
        if let Some(item) = self.item_mut(id) {
            item.audio_ms = Some(audio_end_ms);
            item.text = None;
            item.is_truncated = true;
        }
        if let Some(sound) = self.sounds.get_mut(id) {
            sound.truncate(audio_end_ms as usize * crate::speech::BYTES_PER_MS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_go_where_they_are_put() {
        let mut conversation = Conversation::default();
        let item = |id: &str| Item::message(id.to_owned(), "user", "completed");
        conversation.insert(item("b"), Place::Last);
        conversation.insert(item("d"), Place::Last);
        conversation.insert(item("c"), Place::After("b"));
        conversation.insert(item("a"), Place::First);
        let ids: Vec<&str> = conversation.items().iter().map(|item| item.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c", "d"]);
        assert_eq!((conversation.before("c"), conversation.before("a")), (Some("b"), None));
        assert!(conversation.delete("c") && !conversation.delete("c"));
    }

    #[test]
    fn old_sound_makes_room_for_new() {
        let mut conversation = Conversation::default();
        for id in ["a", "b", "c"] {
            conversation.keep_sound(id, vec![0; MOST_SOUND / 2]);
        }
        assert!(conversation.sound("a").is_none());
        assert!(conversation.sound("b").is_some() && conversation.sound("c").is_some());
    }
}
