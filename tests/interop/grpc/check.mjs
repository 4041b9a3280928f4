// A verifier that has none of our code and none of our .proto files: it learns the API by gRPC server reflection and asks
// VerifyService.CheckHash.   check.mjs HOST:PORT HASH...   prints one JSON object a hash.
import grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor/index.js';

// Both versions have the same messages.
const reflectionProto = (version) => `
syntax = "proto3";
package grpc.reflection.${version};
message ServerReflectionRequest { string host = 1; oneof message_request { string file_by_filename = 3; string file_containing_symbol = 4; } }
message FileDescriptorResponse { repeated bytes file_descriptor_proto = 1; }
message ErrorResponse { int32 error_code = 1; string error_message = 2; }
message ServerReflectionResponse { string valid_host = 1; oneof message_response { FileDescriptorResponse file_descriptor_response = 4; ErrorResponse error_response = 7; } }
`;
const [endpoint, ...hashes] = process.argv.slice(2);
const client = new grpc.Client(endpoint, grpc.credentials.createInsecure());

// The file that defines a symbol or has a name, as descriptor bytes.
function describe(version, request) {
  const service = `grpc.reflection.${version}.ServerReflection`;
  const reflection = protobuf.parse(reflectionProto(version)).root;
  const Request = reflection.lookupType(`${service}Request`);
  const Response = reflection.lookupType(`${service}Response`);
  return new Promise((resolve, reject) => {
    const call = client.makeBidiStreamRequest(`/${service}/ServerReflectionInfo`,
      (message) => Buffer.from(Request.encode(Request.create(message)).finish()), (bytes) => Response.decode(bytes));
    call.on('data', (answer) => {
      call.end();
      if (answer.errorResponse) reject(new Error(answer.errorResponse.errorMessage));
      else resolve(answer.fileDescriptorResponse.fileDescriptorProto);
    });
    call.on('error', reject);
    call.write(request);
  });
}

async function learnApi(version, symbol) {
  const { FileDescriptorProto, FileDescriptorSet } = protobuf.descriptor;
  const files = new Map();
  const wanted = [{ fileContainingSymbol: symbol }];
  while (wanted.length > 0) {
    for (const bytes of await describe(version, wanted.pop())) {
      const file = FileDescriptorProto.decode(bytes);
      if (files.has(file.name)) continue;
      files.set(file.name, file);
      for (const name of file.dependency) if (!files.has(name)) wanted.push({ fileByFilename: name });
    }
  }
  return protobuf.Root.fromDescriptor(FileDescriptorSet.create({ file: [...files.values()] }));
}

function checkHash(root, hash) {
  const Ask = root.lookupType('testamur.v1.CheckHashRequest');
  const Answer = root.lookupType('testamur.v1.CheckHashResponse');
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest('/testamur.v1.VerifyService/CheckHash', (message) => Buffer.from(Ask.encode(message).finish()),
      (bytes) => Answer.decode(bytes), Ask.create({ commitment: Buffer.from(hash, 'hex') }),
      (problem, answer) => (problem ? reject(problem) : resolve(Answer.toObject(answer, { enums: String, longs: Number, defaults: true }))));
  });
}

for (const version of ['v1alpha', 'v1']) (await learnApi(version, 'grpc.health.v1.Health')).lookupService('grpc.health.v1.Health');
await learnApi('v1alpha', 'testamur.v1.VerifyService');
const root = await learnApi('v1', 'testamur.v1.VerifyService');
for (const hash of hashes) {
  const answer = await checkHash(root, hash);
  console.log(JSON.stringify({
    hash,
    finding: answer.finding,
    contents_checked: answer.contentsChecked ?? answer.contents_checked,
    slots: answer.slots.map((slot) => ({
      issuer: slot.issuer.nameNow ?? slot.issuer.name_now,
      status: (slot.status.effectiveStatus ?? slot.status.effective_status),
      decisions: slot.decisions.map((decision) => [decision.point, decision.outcome]),
    })),
  }));
}
client.close();
