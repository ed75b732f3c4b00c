const { languages, workspace } = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

// Git's old versions of files are texts as well, and nobody writes there.
const SCHEMES = ['file', 'untitled', 'vscode-scm'];
// The last one is the message in the Source Control view.
const LANGUAGES = ['markdown', 'plaintext', 'git-commit', 'scminput'];
const SELECTOR = SCHEMES.flatMap((scheme) => LANGUAGES.map((language) => ({ scheme, language })));
let client;

function start() {
  const settings = workspace.getConfiguration('seqchat');
  const server = { command: settings.get('command'), args: settings.get('arguments') };
  client = new LanguageClient('seqchat', server, { documentSelector: SELECTOR });
  // The client itself shows what went wrong.
  client.start().catch(() => {});
}

exports.activate = ({ subscriptions }) => {
  const begin = (document) => !client && languages.match(SELECTOR, document) && start();
  // Every window with a repository has a message: the server takes memory once somebody writes it.
  const opened = (document) => document.languageId !== 'scminput' && begin(document);
  const changed = ({ document, contentChanges }) => contentChanges.length && begin(document);
  workspace.textDocuments.forEach(opened);
  subscriptions.push(workspace.onDidOpenTextDocument(opened), workspace.onDidChangeTextDocument(changed));
};

// The server ends with the window.
exports.deactivate = () => client?.stop();
