// Reads a published file with Node's DuckDB client, anew each time and read-only,
// until standard input ends. It prints what it found, a JSON array a line: net of
// the months, net of the rows, rows, and the parts they came from.
const path = require('node:path');
const { createRequire } = require('node:module');

const [modules, file] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(path.join(modules, 'x.js'))('@duckdb/node-api');

const query = `SELECT (SELECT sum(net_earnings_cents)::BIGINT FROM mart.agg_creator_month), sum(net_cents)::BIGINT, count(*),
    (SELECT count(*) FROM meta.parts) FROM mart.fct_earnings`;

let ended = false;
process.stdin.on('end', () => { ended = true; }).resume();

async function read() {
    const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
    const connection = await instance.connect();
    const result = await connection.runAndReadAll(query);
    process.stdout.write(JSON.stringify(result.getRows()[0].map(Number)) + '\n');
    connection.closeSync();
    instance.closeSync();
}

(async () => {
    do {
        await read();
        await new Promise((go) => setTimeout(go, 50)); // leaves the loads a processor
    } while (!ended);
})().catch((err) => {
    console.error(err);
    process.exit(1);
});
