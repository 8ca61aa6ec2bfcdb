/** Speaks CRI with containerd over its socket: the few calls that the runtime tests need, as promises. */
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

type Message = Readonly<Record<string, unknown>>;

export interface Cri {
  /** The reply's fields; those with fields of their own are `answer`'s. */
  call(method: string, request: Message): Promise<Record<string, string>>;
  answer<T>(method: string, request: Message): Promise<T>;
  close(): void;
}

type Method = (
  request: Message,
  options: { deadline: number },
  done: (error: Error | null, reply: unknown) => void,
) => void;

export function connectCri(socket: string): Cri {
  const definition = loadSync(join(import.meta.dirname, 'cri.proto'), {
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
  });
  const loaded = grpc.loadPackageDefinition(definition) as unknown as {
    runtime: { v1: { RuntimeService: grpc.ServiceClientConstructor } };
  };
  const client = new loaded.runtime.v1.RuntimeService(`unix://${socket}`, grpc.credentials.createInsecure());
  const answer = <T>(method: string, request: Message): Promise<T> =>
    new Promise((resolve, reject) => {
      const run = (client as unknown as Record<string, Method>)[method]!.bind(client);
      run(request, { deadline: Date.now() + 60_000 }, (error, reply) => {
        if (error) reject(new Error(`${method}: ${error.message}`, { cause: error }));
        else resolve(reply as T);
      });
    });
  return { call: answer, answer, close: () => client.close() };
}
