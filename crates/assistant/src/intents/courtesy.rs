//! Hellos, thanks and goodbyes around what somebody wants.

use crate::words::Plain;
use regex::Regex;
use std::sync::LazyLock;

/// What was taken off; where there are several, the one that matters most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Courtesy {
    Greeting,
    Thanks,
    Goodbye,
}

const GOODBYE: &str = concat!(
    r"(?:thats|that is|thatll be|that will be|that would be) (?:all|it|everything)(?: (?:i needed|i need|for now|for today|then|from me))?|",
    r"(?:you )?have (?:a|yourself a) (?:good|great|nice|lovely|wonderful|blessed) (?:one|day|night|evening|afternoon|morning|weekend|week|rest of your day)|",
    r"(?:ill )?see (?:you|ya|u)(?: (?:then|later|soon|tomorrow|there|around|next week|on \w+))?|(?:ill )?talk (?:to (?:you|ya) )?(?:later|soon|then)|",
    r"take care|good ?night|good ?bye|bye(?: bye| now| for now)?|so long|until (?:then|next time)|(?:ive |i )?(?:gotta|have to|got to) (?:go|run)|cheers|",
    r"(?:eso|ya) (?:es|seria|era) todo|nada mas|(?:seria|es) todo(?: por ahora)?|hasta (?:luego|pronto|manana|la proxima|entonces|la vista|el \w+)|nos vemos(?: (?:el \w+|entonces|luego|pronto|manana))?|",
    r"que (?:tenga|tengan|pase|pasen|le vaya|les vaya|este|esten|tengas)(?: (?:usted|ustedes))? (?:un |una )?(?:muy )?(?:buen|buena|buenas|lindo|linda|bonito|bonita|feliz|excelente|bien) ?(?:dia|tarde|tardes|noche|noches|semana|fin de semana)?|",
    r"buen fin de semana|feliz (?:dia|tarde|noche)|adios|chao|chau|ciao|cuidese|cuidense|hablamos(?: luego| despues)?|me despido|ya me voy|bendiciones"
);
const THANKS: &str = concat!(
    r"(?:ok |okay |well |great |perfect )?(?:thank (?:you|u|ya|god)|thanks|thx|ty|tysm|many thanks|cheers mate)",
    r"(?: (?:so much|very much|a lot|a bunch|a ton|a million|again|kindly|ever so much|loads))?",
    r"(?: (?:for|to) (?:the|your|all|all your|all the|that|this|everything|letting me know|getting back to me|calling back|helping|the quick)(?: (?:help|time|info|information|patience|reply|response|answer|assistance|call|quick reply|quick response))?(?: today)?)?|",
    r"(?:i |we )?(?:really |truly |do |so )?appreciate (?:it|that|you|this|your help|your time|the help|the quick reply)(?: (?:a lot|so much|very much))?|much (?:appreciated|obliged)|",
    r"(?:you have|youve|youre|you are|thats|that is|that was|this was) (?:been )?(?:so |very |really |such |super |a )*(?:helpful|kind|great|great help|big help|wonderful|amazing|sweet|a lifesaver|lifesaver|star|the best|awesome|useful)(?: of you)?|",
    r"(?:muchas |muchisimas |mil |ok |bueno )?gracias(?: (?:por|de) (?:su|la|todo|toda|el|tu|todo el|la informacion|la ayuda|su ayuda|su tiempo|todo su|avisar|llamar|contestar)(?: (?:ayuda|tiempo|informacion|paciencia|atencion|apoyo|info))?| de verdad| de antemano)?|",
    r"(?:se )?(?:lo|le|les|te) agradezco(?: (?:mucho|muchisimo|bastante|de corazon))?|(?:muy|que|es usted muy|fue muy|son muy) amables?|agradecid[oa]|dios (?:lo|la|los) bendiga|me (?:ayudo|ayudaron|ha ayudado|sirvio) (?:mucho|bastante)"
);
const GREETING: &str = concat!(
    r"(?:a )?(?:very )?good (?:morning|afternoon|evening|day)|(?:hi|hello|hey|hiya|howdy|greetings|heya|hullo|yo|sup|morning|afternoon|evening)(?: (?:there|again|everyone|guys|yall|team|folks|good morning|good afternoon))?|",
    r"how (?:are (?:you|ya|things|yall)|is it going|you doing)(?: (?:doing|today|doing today|going|this morning|this evening))*|hows (?:it going|your day|everything)(?: (?:going|today))?|whats up|",
    r"(?:is )?(?:anybody|anyone|somebody|someone) (?:there|here|home)|are you there|nice to meet you|",
    r"(?:muy )?buen[oa]s?(?: (?:dias|dia|tardes|noches))?|hola(?: hola)?(?: (?:que tal|buenas|buenos dias|como estan?|como esta usted))?|que tal|que hubo|que onda|como (?:estan?|esta usted|estas|le va|les va|andan)|alo|bueno|saludos|hay alguien(?: ahi)?|mucho gusto|disculpe|oiga|buen dia"
);
/// Said before anything, and meaning nothing.
const HESITATION: &str = concat!(
    r"um|uh|uhm|umm|er|erm|hmm|hm|eh|ah|oh|well|so|like|and|pues|este|mire|mira|a ver|este pues|es que|fijese que|oiga|disculpe|disculpe la molestia|perdon la molestia|",
    r"excuse me|sorry to bother you|quick question|i was wondering|i was just wondering|just wondering|i have a (?:quick )?question|tengo una (?:pregunta|duda)|una (?:pregunta|consulta|duda)|queria (?:saber|preguntar)(?: si)?"
);
/// Carries nothing between courtesies; alone, "okay" is an answer.
const FILLER: &str = "so|and|then|alright|all right|right|okay|ok|great|perfect|awesome|cool|excellent|wonderful|lovely|please|sir|maam|madam|everyone|guys|folks|bueno|y|entonces|por favor|perfecto|vale|excelente|genial|very much|today|now|senor|senora|senorita|de verdad|mucho|buddy|man|mate|for now|por ahora";

struct Ends {
    courtesy: Option<Courtesy>,
    front: Option<Regex>,
    back: Option<Regex>,
}

impl Ends {
    fn of(courtesy: Option<Courtesy>, words: &str, has_back: bool) -> Self {
        let back = has_back.then(|| Regex::new(&format!("(?:^| )(?:{words})$")).ok()).flatten();
        Self { courtesy, front: Regex::new(&format!("^(?:{words})(?: |$)")).ok(), back }
    }

    /// The text without this at one of its ends.
    fn strip(&self, text: &str) -> Option<String> {
        let front =
            || self.front.as_ref()?.find(text).map(|found| text.get(found.end()..).unwrap_or_default());
        let back =
            || self.back.as_ref()?.find(text).map(|found| text.get(..found.start()).unwrap_or_default());
        front().or_else(back).map(|rest| rest.trim().to_owned())
    }
}

/// "In the morning" ends no sentence with a greeting, and hesitation comes first.
static ENDS: LazyLock<[Ends; 4]> = LazyLock::new(|| {
    [
        Ends::of(Some(Courtesy::Goodbye), GOODBYE, true),
        Ends::of(Some(Courtesy::Thanks), THANKS, true),
        Ends::of(Some(Courtesy::Greeting), GREETING, false),
        Ends::of(None, HESITATION, false),
    ]
});
static FILLERS: LazyLock<Ends> = LazyLock::new(|| Ends::of(None, FILLER, true));

/// Takes courtesies off both ends; what is left, and the courtesy that matters most.
pub(super) fn strip(plain: &Plain) -> (String, Option<Courtesy>) {
    let (mut rest, mut found) = (plain.as_str().to_owned(), None);
    loop {
        let next = ENDS.iter().find_map(|ends| Some((ends.strip(&rest)?, ends.courtesy)));
        let next = next.or_else(|| found.and_then(|_| Some((FILLERS.strip(&rest)?, None))));
        let Some((shorter, courtesy)) = next else { return (rest, found) };
        rest = shorter;
        found = found.max(courtesy);
        if rest.is_empty() {
            return (rest, found);
        }
    }
}
