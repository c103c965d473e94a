//! Documents, what they are found by, and questions nothing was found for.

use super::samples::{after, noon, stored_shop};
use super::site::on_each;
use sea_orm::{ConnectionTrait as _, Statement, TransactionTrait as _};
use studioconnect_domain::ids::{BusinessId, ChunkId};
use studioconnect_domain::knowledge::search::{Alternative, Concept, Found, Query, QueryVector};
use studioconnect_domain::knowledge::{
    Chunk, Document, DocumentKind, DocumentState, EMBEDDING_TRIES, EmbeddingState, GapState,
};
use studioconnect_store::{Backend, Store, StoreError};

fn document(business: BusinessId, title: &str, body: &str) -> Document {
    Document::new(business, DocumentKind::Text, title, body, noon())
}

/// Parts of a document, found by the words they consist of.
fn chunks(texts: &[&str]) -> Vec<Chunk> {
    let chunk = |text: &&str| Chunk {
        id: ChunkId::new(),
        heading: String::new(),
        text: (*text).to_owned(),
        terms: text.to_lowercase(),
    };
    texts.iter().map(chunk).collect()
}

fn query(words: &str) -> Query {
    let concept =
        |word: &str| Concept { words: vec![Alternative { term: word.to_owned(), weight: 1.0 }], worth: 1.0 };
    Query { concepts: words.split(' ').map(concept).collect(), limit: 5, ..Query::default() }
}

async fn search(store: &Store, business: BusinessId, words: &str) -> Found {
    store.search_knowledge(business, &query(words)).await.unwrap()
}

fn texts(found: &Found) -> Vec<&str> {
    found.passages.iter().map(|passage| passage.text.as_str()).collect()
}

/// Row 109; regressions, chat 19.
#[tokio::test]
async fn what_is_added_is_found_what_is_changed_is_found_anew_and_what_is_removed_is_gone() {
    on_each(async |site| {
        let store = &site.store;
        let ours = stored_shop(store, 100).await.business.id;
        assert_eq!(search(store, ours, "boiler").await, Found::default());
        let parts =
            chunks(&["boiler repair every day", "garden fence repair", "it's a \"quoted\" 'word' \\ :*"]);
        let added = document(ours, "Services", "What we do.");
        let added = store.add_document(&added, &parts, None).await.unwrap();
        assert_eq!(store.find_document(ours, added.id).await.unwrap(), Some(added.clone()));
        let found = search(store, ours, "boiler repair").await;
        assert_eq!(texts(&found), ["boiler repair every day", "garden fence repair"]);
        assert_eq!(found.passages[0].word_rank, Some(1));
        assert!(found.passages[0].score > found.passages[1].score && found.searched == 3);
        assert_eq!(
            texts(&search(store, ours, "\"quoted\"").await).len(),
            1,
            "signs of the engines are letters"
        );
        assert_eq!(texts(&search(store, ours, "boielr").await), ["boiler repair every day"], "misspelt");

        let changed = Document { title: "Work".into(), ..added.clone() };
        let changed = store.change_document(&changed, &chunks(&["roof tiles"])).await.unwrap();
        assert_eq!((changed.version, changed.chunks), (2, 1));
        assert_eq!(search(store, ours, "boiler").await.passages, []);
        assert_eq!(search(store, ours, "roof").await.passages[0].title, "Work");
        let late = store.change_document(&added, &[]).await;
        assert!(matches!(late, Err(StoreError::Overtaken { what: "document" })), "{late:?}");

        assert!(store.remove_document(ours, added.id).await.unwrap());
        assert_eq!(search(store, ours, "roof").await, Found::default(), "not a word is left of it");
        assert!(!store.remove_document(ours, added.id).await.unwrap());
    })
    .await;
}

/// Row 1; regressions, chat 19.
#[tokio::test]
async fn no_business_and_no_project_finds_what_belongs_to_another() {
    on_each(async |site| {
        let store = &site.store;
        let ours = stored_shop(store, 100).await.business.id;
        let theirs = stored_shop(store, 101).await.business.id;
        let mine = document(ours, "Ours", "x");
        store.add_document(&mine, &chunks(&["parking behind the house"]), None).await.unwrap();
        let tied = Document { project_id: Some("P1".into()), ..document(ours, "Project", "x") };
        store.add_document(&tied, &chunks(&["parking of the project"]), None).await.unwrap();
        assert_eq!(search(store, theirs, "parking").await, Found::default());
        assert_eq!(texts(&search(store, ours, "parking").await), ["parking behind the house"]);
        let within = |project: &str| Query { project: Some(project.into()), ..query("parking") };
        assert_eq!(store.search_knowledge(ours, &within("P1")).await.unwrap().passages.len(), 2);
        assert_eq!(store.search_knowledge(ours, &within("P2")).await.unwrap().passages.len(), 1);
        assert_eq!(store.find_document(theirs, mine.id).await.unwrap(), None);
        assert!(!store.remove_document(theirs, mine.id).await.unwrap());
        let stolen = store.change_document(&Document { business_id: theirs, ..mine }, &[]).await;
        assert!(matches!(stolen, Err(StoreError::Missing { what: "document" })), "{stolen:?}");
        site.execute(&format!("DELETE FROM businesses WHERE id = {}", site.sql_id(ours.0))).await;
        assert_eq!(search(store, ours, "parking").await, Found::default());
    })
    .await;
}

/// Row 63.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_are_bounded_also_when_they_are_added_at_once() {
    on_each(async |site| {
        let store = &site.store;
        let ours = stored_shop(store, 100).await.business.id;
        let mut adding = tokio::task::JoinSet::new();
        for at in 0..6 {
            let store = store.clone();
            adding.spawn(async move {
                let entry = document(ours, &format!("Question {at}"), "Answer");
                store.add_document(&entry, &chunks(&["same words"]), Some(4)).await.is_ok()
            });
        }
        let added = adding.join_all().await.into_iter().filter(|added| *added).count();
        assert_eq!(added, 4);
        assert_eq!(search(store, ours, "words").await.searched, 4);
        let listed = store.documents(ours, 3, None).await.unwrap();
        let last = listed.last().map(|document| (document.created_at, document.id));
        assert_eq!((listed.len(), store.documents(ours, 3, last).await.unwrap().len()), (3, 1));
    })
    .await;
}

/// Row 109; the gaps of issue 4.
#[tokio::test]
async fn a_question_without_an_answer_stands_once_with_how_often_it_was_asked() {
    on_each(async |site| {
        let store = &site.store;
        let ours = stored_shop(store, 100).await.business.id;
        let theirs = stored_shop(store, 101).await.business.id;
        for (at, question) in ["Do you sell tiles?", "tiles, sold?", "Is there wifi?"].into_iter().enumerate()
        {
            let plain = if question.contains("tiles") { "sell tile" } else { "wifi" };
            store.note_gap(ours, question, plain, after(at as i64)).await.unwrap();
        }
        store.note_gap(ours, "   ", "", noon()).await.unwrap();
        let open = store.gaps(ours, GapState::Open, 10).await.unwrap();
        let told: Vec<_> = open.iter().map(|gap| (gap.question.as_str(), gap.times)).collect();
        assert_eq!(told, [("Do you sell tiles?", 2), ("Is there wifi?", 1)]);
        assert_eq!((open[0].first_at, open[0].last_at), (noon(), after(1)));
        assert_eq!(store.gaps(theirs, GapState::Open, 10).await.unwrap(), []);
        assert!(!store.close_gap(theirs, open[0].id, GapState::Dismissed, None).await.unwrap());
        assert!(store.close_gap(ours, open[0].id, GapState::Answered, None).await.unwrap());
        assert!(store.close_gap(ours, open[1].id, GapState::Dismissed, None).await.unwrap());
        for plain in ["sell tile", "wifi"] {
            store.note_gap(ours, plain, plain, after(9)).await.unwrap();
        }
        let states = [GapState::Open, GapState::Dismissed];
        for (state, question) in states.into_iter().zip(["Do you sell tiles?", "Is there wifi?"]) {
            let gaps = store.gaps(ours, state, 10).await.unwrap();
            assert_eq!(gaps.len(), 1);
            assert_eq!(
                gaps[0].question, question,
                "what was dismissed stays so, an answer that did not serve does not"
            );
        }
    })
    .await;
}

/// A direction of its own for each number.
fn direction(at: usize) -> Vec<f32> {
    let (cosine, sine) = ((at as f32 / 40.0).cos(), (at as f32 / 40.0).sin());
    vec![cosine, sine, 0.0, 0.0]
}

/// Row 2: the seeded nearest row comes back, on PostgreSQL through an index; the other business's never does.
#[tokio::test]
async fn the_passage_of_the_nearest_meaning_is_found_without_a_word_in_common() {
    on_each(async |site| {
        let store = &site.store;
        let ours = stored_shop(store, 100).await.business.id;
        let theirs = stored_shop(store, 101).await.business.id;
        assert!(store.has_vectors().await.unwrap());
        for business in [ours, theirs] {
            let texts: Vec<String> = (0..100).map(|at| format!("passage{at}")).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let parts = chunks(&texts);
            store.add_document(&document(business, "Many", "x"), &parts, None).await.unwrap();
            let vectors: Vec<_> =
                parts.iter().enumerate().map(|(at, part)| (part.id, direction(at))).collect();
            assert!(store.put_vectors(business, "small", &vectors).await.unwrap());
            let stolen = store.put_vectors(BusinessId::new(), "other", &vectors).await.unwrap();
            assert!(stolen, "there is room, but none of the parts is that business's");
        }
        let of = |model: &str, words: &str| {
            let vector = QueryVector { model: model.into(), numbers: direction(41) };
            Query { vector: Some(vector), ..query(words) }
        };
        let found = store.search_knowledge(ours, &of("small", "nothing")).await.unwrap();
        assert_eq!(texts(&found)[0], "passage41");
        assert_eq!((found.passages[0].vector_rank, found.passages[0].word_rank), (Some(1), None));
        assert!(found.passages[0].similarity.unwrap() > 0.999);
        let both = store.search_knowledge(ours, &of("small", "passage43")).await.unwrap();
        assert_eq!(texts(&both)[0], "passage43", "what is good by words and by meaning goes first");
        let other = store.search_knowledge(ours, &of("large", "nothing")).await.unwrap();
        assert_eq!(other.passages, [], "vectors of another model are not compared");
        let long = vec![(ChunkId::new(), vec![0.5; 2_000])];
        assert!(matches!(store.put_vectors(ours, "x", &long).await, Err(StoreError::Invalid(_))));
        if store.backend() == Backend::Postgres {
            // A hundred rows are sorted sooner than an index is opened; what is asked is whether it serves.
            let hand = site.other_hand().await.begin().await.unwrap();
            let sql = "EXPLAIN SELECT number FROM knowledge_vectors ORDER BY embedding <=> \
                (SELECT embedding FROM knowledge_vectors LIMIT 1) LIMIT 1";
            hand.execute_unprepared("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
                .await
                .unwrap();
            let plan = Statement::from_string(sea_orm::DbBackend::Postgres, sql);
            let plan = hand.query_all_raw(plan).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.try_get("", "QUERY PLAN").unwrap()).collect();
            assert!(plan.iter().any(|step| step.contains("knowledge_vectors_near")), "{plan:#?}");
        }
    })
    .await;
}

/// Row 109: a page is taken by one reader at a time, comes again when that one died, and keeps its words while it cannot be read.
#[tokio::test]
async fn a_page_is_read_by_one_at_a_time_and_keeps_what_it_said() {
    on_each(async |site| {
        let store = &site.store;
        let (ours, theirs) =
            (stored_shop(store, 160).await.business.id, stored_shop(store, 161).await.business.id);
        let page = Document::of_page(ours, "Prices", "https://www.example.com/", noon());
        let page = store.add_document(&page, &[], None).await.unwrap();
        assert!(store.take_unembedded(noon()).await.unwrap().is_none(), "there is nothing to embed yet");
        let taken = store.take_unfetched(None, noon()).await.unwrap().unwrap();
        assert_eq!((taken.id, taken.state), (page.id, DocumentState::Pending));
        assert_eq!(store.take_unfetched(Some(page.id), after(60)).await.unwrap(), None, "somebody is at it");
        let again = store.take_unfetched(None, after(181)).await.unwrap().unwrap();
        assert_eq!(again, taken, "whoever had it has died over it");
        store.note_not_fetched(&again, "the server cannot be reached").await.unwrap();
        let failed = store.find_document(ours, page.id).await.unwrap().unwrap();
        assert_eq!(failed.state, DocumentState::Failed);
        assert_eq!(failed.state_reason.as_deref(), Some("the server cannot be reached"));
        assert_eq!(store.take_unfetched(None, after(100_000)).await.unwrap(), None, "nobody asked for it");

        assert!(!store.fetch_again(theirs, page.id, after(200)).await.unwrap(), "another's page");
        assert!(store.fetch_again(ours, page.id, after(200)).await.unwrap());
        let taken = store.take_unfetched(None, after(200)).await.unwrap().unwrap();
        let read =
            Document { body: "Taps.".into(), state: DocumentState::Ready, state_reason: None, ..taken };
        let read = store.put_fetched(&read, &chunks(&["tap repair"])).await.unwrap();
        assert_eq!(texts(&search(store, ours, "tap").await), ["tap repair"]);
        assert_eq!(store.take_unfetched(None, after(100_000)).await.unwrap(), None);

        assert!(store.fetch_again(ours, page.id, after(300)).await.unwrap());
        let taken = store.take_unfetched(None, after(300)).await.unwrap().unwrap();
        let renamed = Document { title: "Price list".into(), ..read };
        store.change_document(&renamed, &chunks(&["tap repair"])).await.unwrap();
        let late = store.put_fetched(&taken, &[]).await;
        assert!(matches!(late, Err(StoreError::Overtaken { .. })), "{late:?}");
        let taken = store.take_unfetched(None, after(481)).await.unwrap().unwrap();
        assert_eq!(taken.title, "Price list", "it is read once more, under its new name");
        store.note_not_fetched(&taken, "the server took longer than 20 s").await.unwrap();
        let kept = store.find_document(ours, page.id).await.unwrap().unwrap();
        assert_eq!((kept.state, kept.body.as_str()), (DocumentState::Ready, "Taps."));
        assert!(kept.state_reason.is_some() && texts(&search(store, ours, "tap").await).len() == 1);
        let text =
            store.add_document(&document(ours, "Text", "Words."), &chunks(&["words"]), None).await.unwrap();
        assert!(!store.fetch_again(ours, text.id, after(500)).await.unwrap(), "a text comes from no page");
    })
    .await;
}

/// Row 109: vectors are asked for by one at a time, after failures ever more seldom, and given up; whoever asks again begins anew.
#[tokio::test]
async fn vectors_are_asked_for_ever_more_seldom_until_they_are_given_up() {
    on_each(async |site| {
        let store = &site.store;
        let ours = stored_shop(store, 162).await.business.id;
        let theirs = stored_shop(store, 163).await.business.id;
        let added = document(ours, "Prices", "Taps.");
        let added = store.add_document(&added, &chunks(&["tap repair"]), None).await.unwrap();
        let taken = store.take_unembedded(noon()).await.unwrap().unwrap();
        assert_eq!((taken.id, taken.embedding), (added.id, EmbeddingState::Pending));
        assert_eq!(store.take_unembedded(after(299)).await.unwrap(), None, "somebody is at it");
        let mut taken = store.take_unembedded(after(300)).await.unwrap().unwrap();
        let mut now = 300;
        for (tries, pause) in [15, 30, 60, 120, 240].into_iter().enumerate() {
            let state = store.note_not_embedded(&taken, "the model is away", after(now)).await.unwrap();
            assert_eq!(state, EmbeddingState::Pending);
            assert_eq!(store.take_unembedded(after(now + pause - 1)).await.unwrap(), None, "{pause}");
            now += pause;
            taken = store.take_unembedded(after(now)).await.unwrap().unwrap();
            assert_eq!(taken.embedding_tries as usize, tries + 1);
            assert_eq!(taken.embedding_reason.as_deref(), Some("the model is away"));
        }
        assert_eq!(taken.embedding_tries, EMBEDDING_TRIES - 1);
        let state = store.note_not_embedded(&taken, "the model is away", after(now)).await.unwrap();
        assert_eq!(state, EmbeddingState::Failed);
        assert_eq!(store.take_unembedded(after(now + 1_000_000)).await.unwrap(), None);
        assert_eq!(texts(&search(store, ours, "tap").await), ["tap repair"], "it is found by its words");

        assert!(!store.embed_again(theirs, added.id, after(now)).await.unwrap(), "another's document");
        assert!(store.embed_again(ours, added.id, after(now)).await.unwrap());
        let taken = store.take_unembedded(after(now)).await.unwrap().unwrap();
        assert_eq!((taken.embedding_tries, taken.embedding_reason.as_deref()), (0, None));
        let changed =
            store.change_document(&Document { title: "New".into(), ..added }, &chunks(&["new"])).await;
        store.note_embedded(&taken).await.unwrap();
        let stored = store.find_document(ours, taken.id).await.unwrap().unwrap();
        assert_eq!(stored, changed.unwrap(), "vectors of what it said before are none of it");
    })
    .await;
}
