// nodemailer sends: `node with_nodemailer.mjs DIGEST.json PORT COUNT FOLDER`.
// Its pool with 20 connections that are kept; each mail with its reader's own words.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [digestFile, port, count, folder] = process.argv.slice(2);
const nodemailer = createRequire(`${folder}/package.json`)("nodemailer");
const digest = JSON.parse(readFileSync(digestFile, "utf8"));
const pool = nodemailer.createTransport({
  host: "127.0.0.1",
  port: Number(port),
  pool: true,
  maxConnections: 20,
  maxMessages: Infinity,
  secure: false,
  ignoreTLS: true,
});

const started = process.hrtime.bigint();
let next = 1;

// as many mails under way as there are connections: a queue of all of them would only take memory
async function work() {
  while (next <= Number(count)) {
    const number = next++;
    const own = (words) => words.replaceAll("@@@", String(number));
    await pool.sendMail({
      from: "The Daily Digest <digest@newsroom.example>",
      to: `${own(digest.name)} <reader${number}@mail${number % 97}.example>`,
      subject: digest.subject,
      text: own(digest.text),
      html: own(digest.html),
      headers: { "List-Unsubscribe": `<${own(digest.link)}>` },
    });
  }
}

await Promise.all(Array.from({ length: 20 }, work));
const wall = Number(process.hrtime.bigint() - started) / 1e9;
pool.close();
console.log(JSON.stringify({ sent: Number(count), wall }));
