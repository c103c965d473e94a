// What the chat itself says, in the languages it knows. What the business says comes from the server.

const TABLE = {
  en: {
    close: "Close chat", send: "Send", write: "Write a message", log: "Conversation", you: "You", isWriting: "{name} is writing",
    human: "{name} answers you now", released: "{name} answers you again", offline: "You are offline; it will be sent",
    lost: "Connecting again…", wait: "A little slower: it goes out in {s} s", unsent: "Not sent yet", tooLong: "This was too long and was not sent",
    refused: "This could not be sent", off: "The chat is closed at the moment", agree: "Agree and start", privacy: "Privacy notice", sources: "Source",
    unread: "{n} unread", powered: "Powered by StudioConnect", yes: "Yes", no: "No", step: "Question {n} of {of}", suggestions: "Suggestions", assistant: "Virtual assistant",
    person: "Member of the team", optional: "optional", newTab: "opens a new tab", failed: "Something went wrong; try again",
  },
  es: {
    close: "Cerrar el chat", send: "Enviar", write: "Escriba un mensaje", log: "Conversación", you: "Usted", isWriting: "{name} está escribiendo",
    human: "Ahora le atiende {name}", released: "{name} le atiende de nuevo", offline: "No hay conexión; se enviará después",
    lost: "Conectando de nuevo…", wait: "Un poco más despacio: se envía en {s} s", unsent: "Aún no enviado", tooLong: "Era demasiado largo y no se envió",
    refused: "No se pudo enviar", off: "El chat está cerrado en este momento", agree: "Aceptar y empezar", privacy: "Aviso de privacidad", sources: "Fuente",
    unread: "{n} sin leer", powered: "Con StudioConnect", yes: "Sí", no: "No", step: "Pregunta {n} de {of}", suggestions: "Sugerencias", assistant: "Asistente virtual",
    person: "Persona del equipo", optional: "opcional", newTab: "se abre en otra pestaña", failed: "Algo ha fallado; inténtelo de nuevo",
  },
  fr: {
    close: "Fermer la discussion", send: "Envoyer", write: "Écrivez un message", log: "Conversation", you: "Vous", isWriting: "{name} écrit",
    human: "{name} vous répond maintenant", released: "{name} vous répond de nouveau", offline: "Vous êtes hors ligne ; l’envoi suivra",
    lost: "Reconnexion…", wait: "Un peu moins vite : envoi dans {s} s", unsent: "Pas encore envoyé", tooLong: "Trop long, non envoyé",
    refused: "L’envoi a échoué", off: "La discussion est fermée pour le moment", agree: "Accepter et commencer", privacy: "Confidentialité", sources: "Source",
    unread: "{n} non lus", powered: "Propulsé par StudioConnect", yes: "Oui", no: "Non", step: "Question {n} sur {of}", suggestions: "Suggestions", assistant: "Assistant virtuel",
    person: "Membre de l’équipe", optional: "facultatif", newTab: "s’ouvre dans un nouvel onglet", failed: "Une erreur est survenue ; réessayez",
  },
  pt: {
    close: "Fechar a conversa", send: "Enviar", write: "Escreva uma mensagem", log: "Conversa", you: "Você", isWriting: "{name} está escrevendo",
    human: "{name} responde agora", released: "{name} volta a responder", offline: "Sem conexão; será enviado depois",
    lost: "Conectando de novo…", wait: "Um pouco mais devagar: envio em {s} s", unsent: "Ainda não enviado", tooLong: "Era longo demais e não foi enviado",
    refused: "Não foi possível enviar", off: "A conversa está fechada no momento", agree: "Aceitar e começar", privacy: "Aviso de privacidade", sources: "Fonte",
    unread: "{n} não lidas", powered: "Com StudioConnect", yes: "Sim", no: "Não", step: "Pergunta {n} de {of}", suggestions: "Sugestões", assistant: "Assistente virtual",
    person: "Pessoa da equipe", optional: "opcional", newTab: "abre em nova aba", failed: "Algo deu errado; tente de novo",
  },
  de: {
    close: "Chat schließen", send: "Senden", write: "Nachricht schreiben", log: "Gespräch", you: "Sie", isWriting: "{name} schreibt",
    human: "{name} antwortet Ihnen jetzt", released: "{name} antwortet wieder", offline: "Sie sind offline; es wird nachgeholt",
    lost: "Verbindung wird aufgebaut…", wait: "Etwas langsamer: es geht in {s} s hinaus", unsent: "Noch nicht gesendet", tooLong: "Zu lang, nicht gesendet",
    refused: "Das ließ sich nicht senden", off: "Der Chat ist gerade geschlossen", agree: "Zustimmen und beginnen", privacy: "Datenschutz", sources: "Quelle",
    unread: "{n} ungelesen", powered: "Mit StudioConnect", yes: "Ja", no: "Nein", step: "Frage {n} von {of}", suggestions: "Vorschläge", assistant: "Virtuelle Assistenz",
    person: "Aus dem Team", optional: "freiwillig", newTab: "öffnet einen neuen Tab", failed: "Etwas ging schief; bitte noch einmal",
  },
};

/** The first of the visitor's languages that is known, else the business's, else English. */
export const languageOf = (preferred, ofBusiness) => {
  const wanted = [...preferred, ofBusiness ?? ""].map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find((code) => Object.hasOwn(TABLE, code)) ?? "en";
};

/** What says things in a language; names in braces are filled in. */
export const wordsIn = (code) => (name, values = {}) =>
  (TABLE[code] ?? TABLE.en)[name].replace(/\{(\w+)\}/g, (_, part) => values[part] ?? "");
